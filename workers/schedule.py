"""What runs when, and why. Each repeats what is idempotent; one that could not start in time is left to the next."""

from typing import Any

from celery.schedules import crontab

MODULES = ["workers.alerts", "workers.documents", "workers.post", "workers.record"]

BEAT: dict[str, dict[str, Any]] = {
    # A promise that falls due is known to its officer within five minutes.
    "sweep": {"task": "alerts.sweep", "schedule": crontab(minute="*/5"), "options": {"expires": 280}},
    # Tasks sent after a commit are told at once; this finds what the broker lost and what waits for its next try.
    "deliver": {"task": "post.deliver", "schedule": crontab(), "options": {"expires": 55}},
    # What Notify took has arrived, or never will: known within minutes of Notify's knowing.
    "arrivals": {"task": "post.ask", "schedule": crontab(minute="*/3"), "options": {"expires": 170}},
    # A file kept while the virus scanner was away can be opened within minutes of its return.
    "scan": {"task": "documents.scan_waiting", "schedule": crontab(minute="*/3"), "options": {"expires": 170}},
    # UTC; the task itself knows London's mornings and working days, and writes one digest a person a day. Asked for again
    # through the morning, so that a machine that was off at half past six still sends it.
    "digest": {"task": "alerts.digest", "schedule": crontab(minute="30", hour="6-10"), "options": {"expires": 1_700}},
    # What happened more than a minute ago cannot be changed unseen.
    "seal": {"task": "record.seal", "schedule": crontab(), "options": {"expires": 55}},
    "looks": {"task": "record.flag_looks", "schedule": crontab(), "options": {"expires": 55}},
    # Once a day, however often it is asked for.
    "anchor": {"task": "record.post_anchor", "schedule": crontab(minute="15", hour="16-20"), "options": {"expires": 3_000}},
}
