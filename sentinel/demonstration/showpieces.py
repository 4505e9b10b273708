"""What a demonstration must not lack, made with the real verbs: something to sign, to accept, to cover, to keep secret."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import select

from sentinel.access import partnership
from sentinel.access.models import Absence, Duty, Partner, User
from sentinel.cases import handover, service, sharing
from sentinel.cases.closure import propose_closing
from sentinel.cases.models import Case, CaseGrant, Handover, Report
from sentinel.core import clock
from sentinel.core.clock import london
from sentinel.core.db import db
from sentinel.demonstration.report import Staff
from sentinel.interventions import hearings
from sentinel.interventions import queries as interventions
from sentinel.interventions import service as enforcing
from sentinel.risk import queries as risk
from sentinel.risk import service as assessing

CONTRACT = "No shouting or music after 10pm, nobody let in through the back gate. Willing to sign, with a friend beside them."
QUIET = "Three quiet weeks: the neighbour has moved. Her sister rings daily. Another night of banging would change my mind."


def show(staff: Staff, as_of: datetime) -> None:
    """Add one of each to a demonstration that has just been loaded; what it lacks cases for is left out."""
    clock.freeze(as_of)
    try:
        _away(staff, as_of)
        _on_duty(staff, as_of)
        _lowering(staff)
        _closing(staff)
        _offered(staff)
        _unrouted()
        _restricted(staff, as_of)
        _shown_to_others(staff)
        _to_authorise(staff)
        _to_be_heard(staff, as_of)
        _agreement_ending(as_of)
        db.session.flush()
    finally:
        clock.freeze(None)


def _away(staff: Staff, as_of: datetime) -> None:
    """An officer is away with live cases, and nobody stands in."""
    away = next(user for user in staff.officers["blaby-asb"] if user.label is None)
    today = london(as_of).date()
    db.session.add(Absence(user_id=away.id, starts_on=today - timedelta(days=2), ends_on=today + timedelta(days=5), reason="Leave"))


def _agreement_ending(as_of: datetime) -> None:
    """A partner without a demonstration account whose agreement has to be reviewed soon."""
    melton = db.session.scalars(select(Partner).where(Partner.slug == "melton")).one()
    if any(one.recorded_by for one in partnership.agreements(melton)):
        return
    governance = db.session.scalars(select(User).where(User.email == "governance@county.example")).one()
    today = london(as_of).date()
    days = {"signed_on": today - timedelta(days=685), "review_on": today + timedelta(days=45)}
    partnership.record_agreement(actor=governance, partner=melton, version="1.2", signed_by="Chief Executive", **days)


def _on_duty(staff: Staff, as_of: datetime) -> None:
    """Duty supervisors for the fortnight."""
    for slug, people in staff.supervisors.items():
        if people:
            db.session.add(
                Duty(
                    team_id=staff.teams[slug].id,
                    user_id=people[-1].id,
                    starts_at=as_of - timedelta(days=1),
                    ends_at=as_of + timedelta(days=13),
                )
            )


def _cases(staff: Staff, level: str) -> Iterator[tuple[Case, User]]:
    """Open cases of the first team at a level, with the officer who works them, oldest first."""
    found = db.session.scalars(
        select(Case)
        .where(Case.team_id == staff.teams["blaby-asb"].id, Case.state == "open", Case.level == level, Case.officer_id.is_not(None))
        .order_by(Case.opened_at)
    )
    return ((case, db.session.get_one(User, case.officer_id)) for case in found.all())


def _lowering(staff: Staff) -> None:
    """A lower level that waits for a supervisor."""
    for case, officer in _cases(staff, "high"):
        party = next((one for one in case.parties if one.role == "victim" and one.level == "high"), None)
        latest = risk.latest(party.id) if party else None
        if party and latest and latest.kind == "full":
            assessing.assess(actor=officer, party=party, answers=risk.given(latest), judged="medium", rationale=QUIET)
            return


def _closing(staff: Staff) -> None:
    """A case whose officer proposes to close it."""
    for case, officer in _cases(staff, "standard"):
        note = "No further incidents since the letter. The neighbours say it has been quiet."
        propose_closing(actor=officer, case=case, outcome="resolved_advice", note=note)
        return


def _to_authorise(staff: Staff) -> None:
    """A contract that waits for a supervisor to authorise it."""
    for case, officer in _cases(staff, "medium"):
        alleged = next((one for one in case.parties if one.role == "alleged"), None)
        tried = {row.power_key for row in interventions.of_case(case)}
        if alleged and not case.restricted and not tried.intersection(("abc", "warning_letter")):
            enforcing.propose(actor=officer, case=case, power_key="abc", party=alleged, note=CONTRACT)
            return


def _to_be_heard(staff: Staff, as_of: datetime) -> None:
    """A case that goes to court in three weeks, at ten."""
    day = (london(as_of) + timedelta(days=22 - london(as_of).weekday())).replace(hour=10, minute=0, second=0, microsecond=0)
    for case, officer in _cases(staff, "high"):
        if not case.restricted:
            values = {"about": "Injunction, without her having to come", "court": "Leicester County Court"}
            hearings.set_hearing(actor=officer, case=case, at=day.astimezone(clock.UTC), **values)
            return


def _offered(staff: Staff) -> None:
    """A report that another partner offers to the first team."""
    report = db.session.scalar(
        select(Report)
        .where(Report.state == "received", Report.team_id == staff.teams["charnwood-asb"].id)
        .where(Report.id.not_in(select(Handover.report_id).where(Handover.report_id.is_not(None), Handover.state == "offered")))
        .order_by(Report.received_at, Report.id)
    )
    if report:
        officer = staff.officers["charnwood-asb"][0]
        handover.offer(actor=officer, to_team=staff.teams["blaby-asb"], reason="The flat is on your side of the boundary.", report=report)


def _unrouted() -> None:
    """A report that no rule could route: governance finds it a team."""
    report = db.session.scalar(select(Report).where(Report.state == "received").order_by(Report.received_at.desc()))
    if report:
        report.team_id, report.unrouted = None, True


def _shown_to_others(staff: Staff) -> None:
    """A case whose headline a landlord sees, and one that another partner opened in full: its owner has not answered yet."""
    open_ones = [(case, officer) for case, officer in _cases(staff, "medium") if not case.restricted][:2]
    theirs, landlord = staff.officers.get("charnwood-asb", []), sharing.landlord_teams()
    for (case, officer), share in zip(open_ones, ("headline", "full"), strict=False):
        if share == "headline" and landlord:
            service.share_case(actor=officer, case=case, grantee=landlord[0], level=share, reason="They are the landlord of both homes")
        elif share == "full" and theirs:
            reason = "The same people have moved to our side of the boundary"
            service.ask_for_full(actor=theirs[0], case=case, team=staff.teams["charnwood-asb"], reason=reason)


def _restricted(staff: Staff, as_of: datetime) -> None:
    """A case that only its named list knows of."""
    for case, officer in _cases(staff, "medium"):
        case.restricted = True
        for report in case.reports:
            report.restricted = True
        for user in (officer, staff.supervisors["blaby-asb"][0]):
            reason = "The victim works for the council."
            db.session.add(
                CaseGrant(
                    case_id=case.id, grantee=user.id, level="named", until=as_of + timedelta(days=365), reason=reason, granted_at=as_of
                )
            )
        return
