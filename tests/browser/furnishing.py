"""What the demonstration has none of, made with the real verbs, so that every page has something on it."""

from datetime import datetime

from sqlalchemy import select

from sentinel.cases import intake, service, triage
from sentinel.cases.intake import NewParty, NewReport, Reach
from sentinel.cases.models import Case, Party, Report
from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.interventions.models import Intervention
from sentinel.places.queries import Located
from sentinel.victims import service as victims
from sentinel.victims.models import Promise
from tests import factories
from tests.conftest import make_app

REACH = Reach(phone="07700 900111", email_address="leo@example.org", ring="yes", email="yes")


def furnish(database: str, moment: datetime) -> list[str]:
    """Make them as of `moment`; where to begin looking."""
    app = make_app(database)
    clock.freeze(moment)
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        try:
            found = _furnish()
            db.session.commit()
        finally:
            clock.freeze(None)
            db.session.remove()
            db.engine.dispose()
    return found


def _furnish() -> list[str]:
    hidden, asked, unallocated = (_opened(*people) for people in (_for_somebody_else(), _themselves(), _themselves()))
    officer = factories.user()
    service.share_case(actor=officer, case=asked, grantee=factories.team("charnwood-asb"), reason="Their tenant.")
    party = _victim(asked)
    told = {"channel": "email", "direction": "out", "outcome": "delivered", "note": "The reference.", "covers": ("acknowledge",)}
    victims.log_contact(actor=None, party=party, occurred_at=clock.now(), **told)
    cadence = db.session.scalars(
        select(Promise).where(Promise.party_id == party.id, Promise.kind == "cadence", Promise.state == "open")
    ).one()
    victims.waive(actor=officer, promise=cadence, reason="asked_not_to_be_contacted", note="She will ring us.")
    unallocated.officer_id = None
    with_care = [f"/cases/{case.id}/victim-care" for case in (hidden, asked)]
    return [f"/cases/{hidden.id}", f"/cases/{asked.id}/access", *with_care, *_ladders()]


def _ladders() -> list[str]:
    """Cases of Blaby's on which an intervention is proposed, or under way."""
    going = select(Intervention.state, Intervention.case_id).join(Case, Case.id == Intervention.case_id)
    blabys = going.where(Case.team_id == factories.team().id, Case.state == "open", Intervention.state.in_(("proposed", "in_force")))
    by_state = dict(db.session.execute(blabys).all())
    return [f"/cases/{case_id}/interventions" for case_id in by_state.values()]


def _themselves() -> tuple[NewParty, ...]:
    return (NewParty(role="victim", name="Leontyne Abercrombie", calling=True, reach=REACH),)


def _for_somebody_else() -> tuple[NewParty, ...]:
    caller = NewParty(role="reporter", name="Ottoline Abercrombie", calling=True, reach=REACH)
    return (caller, NewParty(role="victim", name="Leontyne Abercrombie", may_not_know=True, reach=REACH))


def _opened(*parties: NewParty) -> Case:
    """A case from a call about a child at risk."""
    made = NewReport(channel="phone", what_happened="Stones at the window.", parties=parties, place=Located("the park"), at_risk=True)
    report: Report = intake.take_report(actor=factories.user("calltaker@blaby.example"), report=made, received_at=clock.now())
    return triage.open_case(actor=factories.user(), report=report, officer=factories.user(), reason="risk")


def _victim(case: Case) -> Party:
    return db.session.scalars(select(Party).where(Party.case_id == case.id, Party.role == "victim")).one()
