"""Alerts: the sweep and the morning digest."""

import structlog

from sentinel.alerts import messages
from sentinel.alerts.sweep import sweep
from sentinel.core.errors import Refused
from workers.app import celery

log = structlog.get_logger()


@celery.task(name="alerts.sweep")
def run_sweep() -> None:
    """Run the triggers at the present moment."""
    try:
        sweep()
    except Refused as refused:  # the clock was set back: nothing is due until it has caught up
        log.error("sweep_refused", reason=refused.sentence)


@celery.task(name="alerts.digest")
def write_digests() -> None:
    """Write the digest of a working morning to everybody who has one to come."""
    messages.write_digests()
