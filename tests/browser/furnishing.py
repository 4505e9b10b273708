"""What the demonstration has none of, made with the real verbs, so that every page has something on it."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, text

from sentinel.access import second_factor
from sentinel.access.models import Credential, User
from sentinel.cases import actions, closure, disclosures, intake, service, triage
from sentinel.cases.intake import NewParty, NewReport, Reach
from sentinel.cases.models import Case, Party, Report
from sentinel.core import clock, viewer
from sentinel.core.db import db, new_id
from sentinel.exchange.police import import_police
from sentinel.interventions import hearings
from sentinel.interventions import service as powers
from sentinel.interventions.models import Intervention
from sentinel.oversight import asking
from sentinel.places.queries import Located
from sentinel.supervision import dip
from sentinel.victims import service as victims
from sentinel.victims import summary
from sentinel.victims.models import Promise
from tests import factories
from tests.browser.house import House
from tests.browser.visitor import Visitor
from tests.conftest import make_app
from tests.integration import restricted_made
from tests.integration.test_imports import ROW, changed, street_file

REACH = Reach(phone="07700 900111", email_address="leo@example.org", ring="yes", email="yes")
# Flagged by the worker, once every transaction before it is over: here nobody waits for that.
A_LOOK_TO_ASK_ABOUT = """
INSERT INTO look_flag (id, user_id, person_id, why, entry_id, at_us, flagged_at)
SELECT gen_random_uuid(), u.id, (SELECT id FROM person ORDER BY id LIMIT 1), 'colleague', 1, 1, now()
FROM app_user u WHERE u.email = 'officer@blaby.example'
"""


def furnish(house: House, moment: datetime) -> dict[str, list[str]]:
    """Make them as of `moment`; where each role has to begin to come by them."""
    app = make_app(house.database)
    clock.freeze(moment)
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        try:
            found = _furnish(house.log.parent)
            db.session.commit()
        finally:
            clock.freeze(None)
            db.session.remove()
            db.engine.dispose()
    house.change(A_LOOK_TO_ASK_ABOUT)
    return found


def add_a_file(visitor: Visitor, case_path: str) -> None:
    """Put a file on a case, as somebody does who has one."""
    page = visitor.go(f"{case_path}/documents/add")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "diary.txt", "mimeType": "text/plain", "buffer": b"Stones again at nine."}
    )
    page.get_by_role("radio").first.check()
    page.get_by_label("What it shows").fill("Diary of the week")
    page.get_by_role("button", name="Add the file").click()
    page.get_by_role("link", name="diary.txt", exact=True).wait_for()


def _furnish(folder: Path) -> dict[str, list[str]]:
    import_police([street_file(folder, [ROW, changed(Month="2026-13")])])
    factories.unsupervised()
    restricted = _restricted()
    return {
        "supervisor": [*_of_supervisors(), f"/cases/{restricted.id}/access"],
        "information_officer": _questions(restricted),
        "local_admin": [f"/people/{_with_a_code().id}"],
    }


def _with_a_code() -> User:
    """Somebody who set up a second factor, and may lose it; nobody that another test of this house signs in as."""
    ours = User.partner_id == factories.user().partner_id
    user = db.session.scalars(select(User).where(ours, User.label.is_(None)).order_by(User.email).limit(1)).one()
    second_factor.begin(user)
    db.session.get_one(Credential, user.id).totp_confirmed_at = clock.machine_now()
    return user


def _restricted() -> Case:
    """A restricted case that somebody opened in an emergency, and about whose victim there is a new report."""
    case: Case = restricted_made.restricted()
    restricted_made.break_glass(case)
    report = factories.report(team_slug="charnwood-asb")
    factories.party(on=report, who=_victim(case).person)
    touching = text("SELECT restricted_touches(:report, 'restricted_touched', :at)")
    db.session.execute(touching, {"report": report.id, "at": clock.now()})
    return case


def _questions(about: Case) -> list[str]:
    """What the information officer asked of the record."""
    officer, reference = factories.user(), about.reference
    with restricted_made.looking(restricted_made.INFORMATION):
        asker = restricted_made.who(restricted_made.INFORMATION)
        of_case = asking.ask_of_reference(actor=asker, reference=reference, reason="A complaint")
        of_staff = asking.ask_of_staff(actor=asker, staff_id=officer.id, reason="A complaint")
        return [f"/record/questions/{of_case.id}", f"/record/questions/{of_staff.id}/staff"]


def _of_supervisors() -> list[str]:
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
    actions.add_action(actor=officer, case=asked, what="Ring the school", owner=officer, due_on=clock.today())
    _disclose(asked)
    _to_be_heard_and_written_to(asked)
    dip.draw_cases(actor=restricted_made.who(restricted_made.SUPERVISOR))
    unallocated.officer_id = None
    unsigned = restricted_made.restricted(officer=restricted_made.SUPERVISOR, report=False, state="closure_proposed")
    with_care = [f"/cases/{unsigned.id}/ask-to-sign", *(f"/cases/{case.id}/victim-care" for case in (hidden, asked))]
    closing = f"/cases/{_never_answered().id}/closing"
    of_asked = [f"/cases/{asked.id}{page}" for page in ("/access", "/actions", "/timeline", "/hearings")]
    return [f"/cases/{hidden.id}", *of_asked, closing, "/board/dip-samples", "/letters", *with_care, *_ladders()]


def _to_be_heard_and_written_to(case: Case) -> None:
    """A hearing to come, and a letter that waits to be posted."""
    about = {"about": "The injunction", "court": "Leicester County Court", "at": clock.now() + timedelta(days=20)}
    hearings.set_hearing(actor=factories.user(), case=case, **about)
    other = _victim(_opened(*_themselves()))
    by_post = {"address": "4 Fosse Court, Blaby", "post": "yes"}
    victims.set_plan(actor=factories.user(), party=other, values=by_post)
    summary.send_summary(actor=factories.user(), party=other, channel="letter", key=new_id())


def _never_answered() -> Case:
    """A case proposed for closing whose victim was tried three weeks ago, and that somebody looks after something of."""
    now = clock.now()
    clock.freeze(now - timedelta(days=22))
    case = _opened(*_themselves())
    advice = {"power_key": "verbal_advice", "note": "Keep it down.", "starts_on": clock.today()}
    going_on = powers.propose(actor=factories.user(), case=case, **advice)
    closure.propose_closing(actor=factories.user(), case=case, outcome="no_contact", note="Nothing since.")
    powers.hand_on(actor=factories.user(), intervention=going_on, carer=factories.user(), until=clock.today() + timedelta(days=90))
    clock.freeze(now)
    tried = {"channel": "phone", "direction": "out", "outcome": "attempt", "note": "Rang out."}
    victims.log_contact(actor=factories.user(), party=_victim(case), occurred_at=now - timedelta(days=21), **tried)
    return case


def _disclose(case: Case) -> None:
    told = {"to_whom": "The school", "what": "That there was a report", "gateway": "consent", "why": "So that they look out for them"}
    with restricted_made.looking(restricted_made.OFFICER):
        disclosures.record(actor=factories.user(), case=case, disclosed_at=clock.now(), **told)


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
