"""Short ways to a victim who was promised something, for the tests of promises, contacts and My work."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from sentinel.cases import triage
from sentinel.cases.events import ReportTaken
from sentinel.cases.models import Case, CaseEvent, Party, PartyDetail, Report, ReportDetail
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.events import publish
from sentinel.people.models import Person
from sentinel.risk.models import Assessment
from sentinel.victims import service
from sentinel.victims.models import Contact, ContactPlan, Promise
from tests import factories

STANDARD: dict[str, Any] = {"frequency": "less", "targeted": "no", "affected": "a_little", "hate": ["none"], "happened": ["none"]}
MEDIUM: dict[str, Any] = {"frequency": "daily", "targeted": "household", "affected": "a_lot", "hate": ["none"], "happened": ["none"]}
HIGH: dict[str, Any] = MEDIUM | {"happened": ["weapon"]}
PHONE: dict[str, Any] = {"phone": "07700 900318", "ring": "yes"}


def report_taken(
    answers: dict[str, Any] | None = None,
    *,
    roles: tuple[str, ...] = ("victim",),
    who: Person | None = None,
    plan: dict[str, Any] | None = None,
    detail: dict[str, Any] | None = None,
    told: bool = True,
    acknowledge_by: tuple[str, ...] = (),
    party_detail: dict[str, Any] | None = None,
    report: dict[str, Any] | None = None,
    **party: Any,
) -> Report:
    """A call taken by Blaby's call taker about a victim (or the `roles` given, the first being the victim where there is one)."""
    made = factories.report(**(report or {}))
    for n, role in enumerate(roles):
        one = factories.party(on=made, role=role, who=who if n == 0 else None, **(party if role == "victim" else {}))
        for name, value in (party_detail or {}).items() if role == "victim" else ():
            setattr(db.session.get_one(PartyDetail, one.id), name, value)
    for name, value in (detail or {}).items():
        setattr(db.session.get_one(ReportDetail, made.id), name, value)
    db.session.flush()
    db.session.expire_all()
    taker = factories.user("calltaker@blaby.example")
    asked = STANDARD if answers is None else answers
    publish(ReportTaken(made, taker, asked, plan=PHONE if plan is None else plan, told_on_the_line=told, acknowledge_by=acknowledge_by))
    return made


def victim(report: Report, role: str = "victim") -> Party:
    """The party of a report in this role."""
    return db.session.scalars(select(Party).where(Party.report_id == report.id, Party.role == role)).one()


def opened(report: Report) -> Case:
    """A case from the report, for Blaby's officer."""
    officer = factories.user()
    return triage.open_case(actor=officer, report=report, officer=officer, reason="risk")


def victim_on_case(answers: dict[str, Any] | None = None, **more: Any) -> Party:
    """A victim whose report was opened as a case at once."""
    report = report_taken(answers, **more)
    opened(report)
    return victim(report)


def contacted(party: Party, *, when: datetime | None = None, actor: str = "officer@blaby.example", **more: Any) -> Contact:
    """A contact that reached them by telephone, now, unless said otherwise."""
    values = {"channel": "phone", "direction": "out", "outcome": "reached", "note": "Two quiet days. Still not sleeping.", "covers": ()}
    return service.log_contact(actor=factories.user(actor), party=party, occurred_at=when or clock.now(), **(values | more))


def assessed(case: Case, **more: Any) -> Assessment:
    """A full assessment of the case's victim, in force, made now."""
    party = next(one for one in case.parties if one.role == "victim")
    values = {"kind": "full", "set_version": "1", "answers": {}, "score": 3, "because": [], "state": "in_force", "review_by": clock.now()}
    levels = dict.fromkeys(("suggested", "judged", "effective"), "standard")
    by = {"assessor_id": factories.user().id, "assessed_at": clock.now(), "party_id": party.id}
    made = Assessment(case_id=case.id, **(values | levels | by | more))
    db.session.add(made)
    db.session.flush()
    return made


def promises(party: Party, state: str | None = None) -> dict[str, Promise]:
    """The party's promises by kind (the newest of each); only those in a state when one is given."""
    rows = db.session.scalars(select(Promise).where(Promise.party_id == party.id).order_by(Promise.made_at, Promise.id))
    return {one.kind: one for one in rows if state in (None, one.state)}


def all_promises(party: Party, kind: str) -> list[Promise]:
    """Every promise of a kind, in the order they were made."""
    return list(db.session.scalars(select(Promise).filter_by(party_id=party.id, kind=kind).order_by(Promise.made_at, Promise.id)))


def plan(party: Party) -> ContactPlan:
    """The party's plan."""
    return db.session.get_one(ContactPlan, party.id)


def story(on: Case | Report, kind: str | None = None) -> list[str]:
    """The titles of a case's or report's story, oldest first."""
    same = CaseEvent.case_id == on.id if isinstance(on, Case) else CaseEvent.report_id == on.id
    rows = db.session.scalars(select(CaseEvent).where(same).order_by(CaseEvent.id))
    return [row.title for row in rows if kind in (None, row.kind)]
