"""What governance looks after: reports without a team, post that did not go, promises Sentinel had to mend, the sweep itself."""

from datetime import timedelta
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import aliased

from config import agreed
from sentinel.alerts.models import Alert
from sentinel.alerts.repair import CONDITION
from sentinel.alerts.sweep import last_swept
from sentinel.cases.models import Case, Party, Report
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.words import moment
from sentinel.post.models import Outbox
from sentinel.post.service import RESENDABLE
from sentinel.referrals.models import Referral

LATELY = timedelta(days=28)
# Beat sweeps every five minutes; three missed in a row are a fault.
STALE = timedelta(minutes=15)


def figures() -> list[dict[str, Any]]:
    """The boxes of governance's board."""
    return [_unrouted(), _unsent(), _repaired(), _swept()]


def _unrouted() -> dict[str, Any]:
    n = _count(select(func.count()).select_from(Report).where(Report.unrouted, Report.restricted.is_(False), Report.state == "received"))
    detail = "No rule of routing.toml gave them to one." if n else "Every report has found a team."
    return {"value": n, "label": "reports without a team", "href": url_for("triage.queue"), "detail": detail, "late": n > 0}


def _unsent() -> dict[str, Any]:
    known = select(func.count()).select_from(Outbox).where(~_of_restricted())
    n = _count(known.where(Outbox.state.in_(RESENDABLE)))
    # How many alerts are on their way to staff would tell that there is something they are about.
    waits = _count(known.where(Outbox.state == "waiting", Outbox.ref_table != "app_user"))
    detail = f"{waits} more wait to be sent." if waits else "Nothing waits to be sent."
    return {"value": n, "label": "messages that did not go", "href": url_for("outbox.index"), "detail": detail, "late": n > 0}


def _repaired() -> dict[str, Any]:
    trigger = agreed.current().triggers.watching(CONDITION)
    since = clock.now() - LATELY
    repaired = (Alert.trigger_key == (trigger.key if trigger else ""), Alert.opened_at >= since)
    known = select(func.count(Alert.id)).outerjoin(Case, Case.id == Alert.case_id).where(Case.restricted.isnot(True))
    n = _count(known.where(*repaired))
    detail = "Last 28 days. Each is a fault: report it." if n else "Last 28 days. Every victim had one."
    return {"value": n, "label": "victims who had no promise", "href": None, "detail": detail, "late": n > 0}


def _swept() -> dict[str, Any]:
    last = last_swept()
    late = last is None or clock.now() - last > STALE
    detail = "The worker or beat is not running: see `sentinel doctor`." if late else "Every five minutes."
    return {"value": moment(last) if last else "Never", "label": "alerts last looked for", "href": None, "detail": detail, "late": late}


def _of_restricted() -> ColumnElement[bool]:
    """The condition on `Outbox`: about somebody on a restricted case, of which governance learns nothing, not even by a number."""
    party = aliased(Party)
    referred = select(Referral.id).join(party, party.id == Referral.party_id).join(Case, Case.id == party.case_id).where(Case.restricted)
    on_case = select(party.id).join(Case, Case.id == party.case_id).where(Case.restricted)
    return or_(
        and_(Outbox.ref_table == "party", Outbox.ref_id.in_(on_case)), and_(Outbox.ref_table == "referral", Outbox.ref_id.in_(referred))
    )


def _count(query: Any) -> int:
    return db.session.scalar(query) or 0
