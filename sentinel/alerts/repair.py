"""The invariant, checked from outside: a contactable victim without an open promise gets one, because there is a bug.

The trigger `victim_without_promise` tells governance. The promise is caused by the victim's last promise, or by the party
itself where there never was one, marked as a repair, so that two sweeps at once make it once and every breach makes its own.
"""

from datetime import datetime

from sqlalchemy import text

from config.agreed.triggers import Trigger
from sentinel.alerts import conditions
from sentinel.cases.models import Party
from sentinel.cases.timeline import tell
from sentinel.core.db import db
from sentinel.victims.promises import make_promise

CONDITION = "victim_without_promise"
AT_ONCE = 1_000
TITLE = "Nothing was promised any longer, which should not happen: Sentinel promised to be in touch"

LAST = "coalesce((SELECT q.id FROM promise q WHERE q.party_id = y.id ORDER BY q.made_at DESC, q.id DESC LIMIT 1), y.id)"
MISSING = text(
    f"""SELECT y.id, {conditions.REPAIRED.format(LAST)} AS cause_id FROM {conditions.OF_LIVE_VICTIMS}
    WHERE {conditions.LIVE_VICTIM} AND {conditions.MAY_BE_TOLD}
    AND NOT EXISTS (SELECT FROM promise p WHERE p.party_id = y.id AND p.state = 'open')
    AND y.id IN (SELECT a.subject_id FROM alert a WHERE a.trigger_key = :trigger AND a.closed_at IS NULL)
    ORDER BY y.id LIMIT {AT_ONCE} FOR UPDATE OF y SKIP LOCKED"""  # noqa: S608
)


def make_missing_promises(trigger: Trigger, at: datetime) -> int:
    """Promise to be in touch with every victim whom this trigger found without a promise; returns how many. Each stands on the story."""
    missing = db.session.execute(MISSING, {"trigger": trigger.key}).all()
    for row in missing:
        party = db.session.get_one(Party, row.id)
        make_promise(party=party, kind="cadence", cause_id=row.cause_id, starts_at=at)
        tell(kind="promise", title=TITLE, party=party, actor=None)
    return len(missing)
