"""The head of every case page: who, how risky, whose, what is promised next; and the tabs to the other rooms."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import current_app, g, render_template, url_for
from markupsafe import Markup
from sqlalchemy import ScalarSelect, func, or_, select
from sqlalchemy.orm import aliased

from sentinel.access import guards
from sentinel.access.permissions import Permission, allows
from sentinel.cases import states, story
from sentinel.cases.models import Action, Case, CaseEvent, Party
from sentinel.cases.queries import level_for
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.pages import counted
from sentinel.core.viewer import current
from sentinel.interventions.models import Intervention
from sentinel.people.models import Person
from sentinel.referrals.models import Referral
from sentinel.victims.models import Promise


@dataclass(frozen=True)
class Counts:
    """What the tabs count."""

    entries: int
    people: int
    late: int
    interventions: int
    referrals: int
    actions: int
    actions_late: int


# tab: its words, the page it opens, its key, what it counts and what of that is late
TABS: tuple[tuple[str, str, str, str, str, str], ...] = (
    ("overview", "Overview", "case.overview", "", "", ""),
    ("timeline", "Timeline", "case.timeline", "t", "entries", ""),
    ("people", "People", "case.people", "p", "people", ""),
    ("risk", "Risk", "risk.case_risk", "r", "", ""),
    ("care", "Victim care", "victims.case_care", "v", "", "late"),
    ("interventions", "Interventions", "interventions.case_interventions", "i", "interventions", ""),
    ("referrals", "Referrals", "referrals.case_referrals", "", "referrals", ""),
    ("actions", "Actions", "actions.case_actions", "a", "actions", "actions_late"),
    ("documents", "Documents", "documents.case_documents", "", "", ""),
    ("access", "Record of access", "case.access", "", "", ""),
)


def case_frame(case: Case, tab: str) -> Markup:
    """The identity bar and the tabs of a case, the current one marked. It brings the page's h1: put it in `identity`.

    Somebody who sees only the headline gets the bar without tabs.
    """
    full = level_for(current(), case.id) in ("full", "named")
    return Markup(  # noqa: S704 - our own template, which escapes
        render_template(
            "cases/frame.html",
            case=case,
            tags=_tags(case),
            officer=case.officer.name if case.officer else "Nobody yet",
            promise=next_promise(case),
            tabs=_tabs(case, tab) if full else [],
            log=_log_contact(case) if full else None,
        )
    )


def next_promise(case: Case) -> datetime | None:
    """When the earliest open promise of the case is due."""
    open_ones = select(func.min(Promise.due_at)).join(Party).where(Party.case_id == case.id, Promise.state == "open")
    return db.session.scalar(open_ones)


def open_to(endpoint: str) -> bool:
    """Is there such a page, and may the present viewer use it?"""
    if endpoint not in current_app.view_functions:
        return False
    access = guards.access_of(current_app, endpoint)
    return access in ("public", "signed_in") or (isinstance(access, Permission) and allows(current(), access))


def link_to(endpoint: str, **values: Any) -> str | None:
    """The address of a page if the present viewer may use it, else None."""
    return url_for(endpoint, **values) if open_to(endpoint) else None


def counts(case_id: UUID) -> Counts:
    """What the tabs count, in one round trip for a page."""
    known: dict[UUID, Counts] = g.setdefault("tab_counts", {})
    if case_id not in known:
        known[case_id] = _counts(case_id)
    return known[case_id]


def _counts(case_id: UUID) -> Counts:
    row = db.session.execute(
        select(
            _n(CaseEvent, story.of_case(case_id)),
            select(func.count(func.distinct(Person.canonical_id))).join(Party).where(Party.case_id == case_id).scalar_subquery(),
            _late_promises(case_id),
            _n(Intervention, Intervention.case_id == case_id),
            _n(Referral, Referral.case_id == case_id),
            _n(Action, Action.case_id == case_id, Action.done_at.is_(None)),
            _n(Action, Action.case_id == case_id, Action.done_at.is_(None), Action.due_at <= clock.now()),
        )
    ).one()
    return Counts(*row)


def _n(model: type[Any], *conditions: Any) -> ScalarSelect[int]:
    return select(func.count()).select_from(model).where(*conditions).scalar_subquery()


def _late_promises(case_id: UUID) -> ScalarSelect[int]:
    party = aliased(Party)
    late = (party.case_id == case_id, Promise.state == "open", Promise.due_at <= clock.now())
    return select(func.count(Promise.id)).join(party, party.id == Promise.party_id).where(*late).scalar_subquery()


def _tabs(case: Case, current_tab: str) -> list[dict[str, Any]]:
    found = counts(case.id)
    return [
        {
            "label": label,
            "href": url_for(endpoint, case_id=case.id),
            "current": tab == current_tab,
            "key": key,
            "count": getattr(found, counts_, 0) if counts_ else 0,
            "late": getattr(found, late, 0) if late else 0,
        }
        for tab, label, endpoint, key, counts_, late in TABS
        if open_to(endpoint)
    ]


def _tags(case: Case) -> list[str]:
    return [_state_words(case), "Restricted" if case.restricted else "Not restricted"]


def _state_words(case: Case) -> str:
    if case.state != "open":
        return states.CASE_WORDS[case.state].capitalize()
    days = (clock.today() - clock.london(case.opened_at).date()).days
    return f"Open {counted(days, 'day')}" if days else "Opened today"


def _log_contact(case: Case) -> str | None:
    """Whom to log a contact with: the victim whose promise is due first, else any we may contact."""
    if case.state not in states.LIVE:
        return None
    due = func.min(Promise.due_at)
    party_id = db.session.scalar(
        select(Party.id)
        .outerjoin(Promise, (Promise.party_id == Party.id) & (Promise.state == "open"))
        .where(Party.case_id == case.id, or_(Party.role == "victim", Promise.id.is_not(None)), Party.contactable)
        .group_by(Party.id)
        .order_by(due.nulls_last(), Party.id)
        .limit(1)
    )
    return link_to("victims.log_contact", party_id=party_id) if party_id else None
