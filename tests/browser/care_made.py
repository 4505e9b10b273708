"""Cases for the journeys of victim care and supervision: made with the real verbs two days before, one set for each who walks."""

from dataclasses import dataclass
from datetime import timedelta

from sentinel.cases import intake, service, triage
from sentinel.cases.intake import NewParty, NewReport, Reach
from sentinel.cases.models import Case
from sentinel.core import clock, viewer
from sentinel.core.db import db
from sentinel.interventions import service as powers
from sentinel.places.queries import Located
from tests import factories
from tests.browser.house import OPENED_AT, House
from tests.conftest import make_app
from tests.integration.promise_made import HIGH, STANDARD
from tests.integration.surveys_made import asked

VICTIMS = ("Wilhelmina Papadopoulou-Featherstonehaugh", "Hepzibah Applegarth")
SUPERVISORS = ("supervisor@blaby.example", "supervisor2@blaby.example")  # each draws their own cases, once a week
REACH = Reach(phone="07700 900318", ring="yes", voicemail="no", safe_times="After 3pm, not Fridays")
PLACE = Located("Flat 4, Harcourt Court, 118 Fennimore Way")


@dataclass(frozen=True)
class Walked:
    """Whose journeys, and who supervises them: the numbers of their cases, and where the survey was sent."""

    victim: str
    supervisor: str
    cared_for: str
    to_close: str
    to_sign: str
    to_give: tuple[str, ...]
    survey: str


def make(house: House, victims: tuple[str, ...] = VICTIMS) -> list[Walked]:
    """A set for each of these victims, and for a supervisor."""
    app = make_app(house.database)
    clock.freeze(OPENED_AT - timedelta(days=2))
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        try:
            made = [_set(*both) for both in zip(victims, SUPERVISORS, strict=True)]
            db.session.commit()
        finally:
            clock.freeze(None)
            db.session.remove()
            db.engine.dispose()
    return made


def _set(victim: str, supervisor: str) -> Walked:
    cared_for, to_close, to_sign = _opened(victim, HIGH), _opened(victim, STANDARD), _opened(victim, HIGH)
    service.add_note(actor=factories.user(), case=to_sign, text="The landlord will not fit a new door before Monday.")
    against = factories.party(on=to_sign, who=factories.person(f"Darren Whitlock, against {victim}"), role="alleged")
    letter = {"power_key": "warning_letter", "party": against, "note": "Kicking the door of number 4; to keep away from it."}
    powers.propose(actor=factories.user(), case=to_sign, **letter)
    to_give = tuple(_opened(victim, STANDARD).reference for _ in range(2))
    return Walked(victim, supervisor, cared_for.reference, to_close.reference, to_sign.reference, to_give, f"/survey/{asked()}")


def _opened(victim: str, answers: dict[str, object]) -> Case:
    """A case from a call; the reference was read out on the line."""
    caller = NewParty(role="victim", name=victim, calling=True, reach=REACH, consent_victim_first="given")
    words = "Kicked the door until the frame split."
    call = NewReport(channel="phone", what_happened=words, parties=(caller,), place=PLACE, answers=answers)
    report = intake.take_report(actor=factories.user("calltaker@blaby.example"), report=call, received_at=clock.now())
    return triage.open_case(actor=factories.user(), report=report, officer=factories.user(), reason="risk")
