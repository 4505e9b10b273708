"""A house in which every form can be opened by somebody: one of each thing, made with the real verbs, and where to begin looking."""

from datetime import timedelta

from sqlalchemy import select, update

from sentinel.access import credentials, links, people, second_factor, service
from sentinel.access.models import Duty
from sentinel.alerts.models import Alert
from sentinel.alerts.sweep import sweep
from sentinel.cases import actions, closure, handover, incidents
from sentinel.cases import service as cases
from sentinel.cases.intake import NewParty, NewReport, take_report
from sentinel.cases.models import Case, Report
from sentinel.core import clock, drafts
from sentinel.core.db import db, new_id
from sentinel.documents.models import Document
from sentinel.exchange.models import Delivery, QuarantinedRow
from sentinel.interventions import hearings
from sentinel.interventions import service as powers
from sentinel.oversight import declaring
from sentinel.post.models import Outbox
from sentinel.referrals import service as referrals
from sentinel.referrals.models import Referral
from sentinel.supervision import dip
from sentinel.surveys import service as surveys
from sentinel.surveys.models import SurveyOffer
from sentinel.victims import service as victims
from sentinel.victims import summary
from tests import factories as make
from tests.integration import promise_made, restricted_made
from tests.integration.restricted_made import (
    GOVERNANCE,
    INFORMATION,
    LANDLORD,
    OFFICER,
    SECOND,
    STRANGER,
    STRANGERS_SUPERVISOR,
    SUPERVISOR,
    TAKER,
)

ADMIN, WORKER = "admin@blaby.example", "worker@victimfirst.example"
NOBODY, HALF_IN = "", "half "  # HALF_IN and an address: whose password was right, and who is asked for more
BY_ALL = promise_made.PHONE | {"text": "yes", "address": "4 Fosse Court, Blaby", "post": "yes"}
NOTE = "Said what was agreed, and when we speak next."

# What no part of Sentinel's own makes so quickly: done by a superuser.
FLAGGED = """SELECT set_config('sentinel.actor', 'system:test', true);
INSERT INTO look_flag (id, user_id, person_id, why, entry_id, at_us, flagged_at)
    SELECT gen_random_uuid(), u.id, p.id, 'colleague', 1, 1, now() FROM app_user u, (SELECT id FROM person LIMIT 1) p
    WHERE u.email = 'officer@blaby.example'"""

# Who opens which page, before links are followed.
Beginning = tuple[str, str]


def furnish() -> list[Beginning]:
    """Make it all; where each of them begins."""
    made = [*_work(), *_victims(), *_endings(), *_secrets(), *_reports(), *_people(), *_door(), *_machines(), *_lots(), *_unsigned()]
    homes = (OFFICER, TAKER, SUPERVISOR, GOVERNANCE, WORKER, ADMIN, INFORMATION, LANDLORD)
    return [*made, *((email, "/") for email in homes)]


def _work() -> list[Beginning]:
    """A high-risk case with something of everything on it; another partner's, of which only the headline is seen."""
    party = promise_made.victim_on_case(promise_made.HIGH, plan=BY_ALL)
    case, officer = party.case, make.user(OFFICER)
    alleged = make.party(on=case, who=make.person("Darren Whitlock", age_years=34), role="alleged")
    db.session.refresh(case)
    actions.add_action(actor=officer, case=case, what="Ring the landlord", owner=officer, due_on=clock.today() + timedelta(days=3))
    cases.share_case(actor=officer, case=case, grantee=make.team("soar-valley-housing"), level="headline", reason="The landlord.")
    neighbour = restricted_made.who(STRANGER)
    cases.ask_for_full(actor=neighbour, case=case, team=make.team("charnwood-asb"), reason="The same people.")
    powers.propose(actor=officer, case=case, power_key="abc", party=alleged, note=NOTE)
    _file_on(case)
    hearings.set_hearing(actor=officer, case=case, about="The injunction", at=clock.now() + timedelta(days=20), court="County Court")
    at = f"/cases/{case.id}"
    return [
        (OFFICER, at),
        (OFFICER, f"{at}/access"),
        (OFFICER, f"{at}/documents"),
        (OFFICER, f"{at}/referrals"),
        (OFFICER, f"{at}/interventions"),
        (SUPERVISOR, f"{at}/interventions"),
        (SUPERVISOR, f"{at}/timeline"),
        (SUPERVISOR, f"{at}/victim-care"),
        (STRANGER, f"/cases/{make.case(officer=officer).id}"),
    ]


def _file_on(case: Case) -> None:
    values = {"name_shown": "a.txt", "media_type": "text/plain", "size": 1, "sha256": "", "description": "", "kind": "other"}
    document = Document(id=new_id(), case_id=case.id, stored_as=new_id(), scan_state="unscanned", **values)
    document.added_by, document.added_at = make.user(OFFICER).id, clock.now()
    db.session.add(document)
    db.session.flush()


def _victims() -> list[Beginning]:
    """One who wants no contact, one who may not know, one whose message may have come back."""
    quiet = promise_made.victim_on_case()
    cadence = promise_made.promises(quiet, "open")["cadence"]
    victims.waive(actor=make.user(OFFICER), promise=cadence, reason="asked_not_to_be_contacted", note="Leave me alone.")
    unknowing = promise_made.report_taken(roles=("victim", "reporter"), party_detail={"may_not_know": True})
    told = promise_made.victim_on_case(plan=promise_made.PHONE | {"text": "yes"})
    promise_made.contacted(told, channel="text", outcome="delivered")
    written = promise_made.victim_on_case(plan=BY_ALL)
    summary.send_summary(actor=make.user(OFFICER), party=written, channel="letter", key=new_id())
    on = (written.case_id, quiet.case_id, promise_made.opened(unknowing).id, told.case_id)
    begun = [(OFFICER, f"/cases/{case_id}/victim-care") for case_id in on]
    return [*begun, (OFFICER, "/letters"), _tried_in_vain(), _reached_by_victim_first()]


def _reached_by_victim_first() -> Beginning:
    party = promise_made.victim_on_case(promise_made.HIGH, who=make.person("Ottoline Abercrombie"))
    referral = db.session.scalars(select(Referral).where(Referral.party_id == party.id)).one()
    referrals.log_contact(actor=make.user(WORKER), referral=referral, reached=True, channel="phone", note=NOTE)
    return WORKER, f"/referrals/{referral.id}/close"


def _tried_in_vain() -> Beginning:
    """A promise that a supervisor may excuse: three attempts, by two ways, on two working days."""
    now = clock.now()
    clock.freeze(now - timedelta(days=6))
    party = promise_made.victim_on_case()
    clock.freeze(now)
    for hours, way in ((100, "phone"), (30, "visit"), (5, "phone")):
        promise_made.contacted(party, when=now - timedelta(hours=hours), channel=way, outcome="attempt", note="No answer.")
    return SUPERVISOR, f"/promises/{promise_made.promises(party)['first_contact'].id}/excuse"


def _endings() -> list[Beginning]:
    """Cases to propose for closing, to sign, to close, to open again; one offered to another team."""
    fresh, to_sign, to_close, closed, offered = (make.case(officer=make.user(OFFICER)) for _ in range(5))
    make.party(on=to_sign, who=make.person("Ellie Marsh", age_years=15))
    for case in (to_sign, to_close, closed):
        closure.propose_closing(actor=make.user(OFFICER), case=case, outcome="resolved_advice", note=NOTE)
    advice = powers.propose(actor=make.user(OFFICER), case=to_close, power_key="verbal_advice", note=NOTE, starts_on=clock.today())
    powers.hand_on(actor=make.user(OFFICER), intervention=advice, carer=make.user(SUPERVISOR), until=clock.today() + timedelta(days=30))
    closure.close_case(actor=make.user(OFFICER), case=closed)
    silent, asked = _never_answered(), _asked(closed)
    handover.offer(actor=make.user(OFFICER), case=offered, to_team=make.team("charnwood-asb"), reason="They moved.")
    pages = [(OFFICER, f"/cases/{case.id}/closing") for case in (fresh, to_close, closed)]
    pages.append((OFFICER, f"/cases/{fresh.id}/hand-over"))
    return [*pages, silent, asked, (SUPERVISOR, f"/cases/{to_sign.id}/closing"), (OFFICER, f"/cases/{offered.id}/hand-over")]


def _asked(closed: Case) -> Beginning:
    """Somebody who was sent the survey."""
    party = make.party(on=closed, who=make.person("Prudence Abercrombie"))
    made = SurveyOffer(case_id=closed.id, person_id=party.person_id, party_id=party.id, channel="email", offered_at=clock.now())
    db.session.add(made)
    db.session.flush()
    return NOBODY, "/survey/" + surveys.link_of(made).rpartition("/")[2]


def _never_answered() -> Beginning:
    """A victim who did not answer whether the case may close, and was tried three weeks ago."""
    now = clock.now()
    clock.freeze(now - timedelta(days=22))
    party = promise_made.victim_on_case(who=make.person("Leontyne Moss"))
    closure.propose_closing(actor=make.user(OFFICER), case=party.case, outcome="no_contact", note=NOTE)
    clock.freeze(now)
    promise_made.contacted(party, when=now - timedelta(days=21), outcome="attempt", note="No answer.")
    return SUPERVISOR, f"/parties/{party.id}/unanswered"


def _secrets() -> list[Beginning]:
    """A restricted case, opened in an emergency and touched by a new report; a plain one that may be restricted."""
    hidden, plain = restricted_made.restricted(), make.case(officer=make.user(OFFICER))
    own = restricted_made.restricted(officer=SUPERVISOR)  # nobody else who is named on it signs: somebody has to be asked
    closure.propose_closing(actor=make.user(OFFICER), case=own, outcome="resolved_advice", note=NOTE)
    restricted_made.break_glass(hidden)
    again = NewParty(role="victim", name="Somebody", known=hidden.parties[0].person_id, calling=True)
    report = NewReport(channel="phone", what_happened="He was there again.", parties=(again,))
    take_report(actor=make.user(TAKER), report=report, received_at=clock.now())
    asks = [(SUPERVISOR, "/sign-off"), (SUPERVISOR, f"/board/officers/{make.user(OFFICER).id}"), (SUPERVISOR, "/board/unallocated")]
    make.case()
    return [*asks, (SUPERVISOR, f"/cases/{hidden.id}/access"), (SUPERVISOR, f"/cases/{plain.id}/restrict"), (SUPERVISOR, "/break-glass")]


def _reports() -> list[Beginning]:
    """Reports to decide, counted with another, without a team, offered here; one that was begun and not saved."""
    child_at_risk = {"safeguarding": "yes", "safeguarding_by": clock.now()}
    by_email = {"email_address": "nasreen@khan.example", "email": "yes"}
    waiting = promise_made.report_taken(detail=child_at_risk, plan=by_email, report={"taken_by": make.user(TAKER).id})
    first, second, alike = (_report_of_the_same() for _ in range(3))
    incidents.link(actor=make.user(OFFICER), reports=[first, second])
    lost = make.report(unrouted=True)
    lost.team_id = None
    theirs = make.report(team_slug="charnwood-asb")
    offer = handover.offer(actor=make.user(STRANGER), report=theirs, to_team=make.team(), reason="Your side of the boundary.")
    begun = str(new_id())
    drafts.save(make.user(TAKER).id, "report", {"submission_id": [begun], "name": ["Somebody"]}, subject=begun)
    return [
        (TAKER, "/reports/new"),
        (TAKER, f"/reports/{waiting.id}/told"),
        (OFFICER, f"/reports/{waiting.id}/triage"),
        (OFFICER, f"/reports/{waiting.id}"),
        (OFFICER, f"/reports/{first.id}"),
        (OFFICER, f"/reports/{alike.id}/incident"),
        (OFFICER, f"/handovers/{offer.id}"),
        (GOVERNANCE, f"/reports/{lost.id}/route"),
    ]


def _report_of_the_same() -> Report:
    made = make.report()
    who = db.session.scalar(select(make.Person).where(make.Person.name == "Leontyne Abercrombie"))
    make.party(on=made, who=who or make.person("Leontyne Abercrombie"))
    db.session.expire_all()
    return made


def _people() -> list[Beginning]:
    """Somebody signed in twice, on duty, with a closed account, with a lost second factor; what somebody declared; a partner to govern."""
    admin, supervisor = restricted_made.who(ADMIN), make.user(SUPERVISOR)
    for email in (OFFICER, OFFICER, TAKER):
        service.start_session(make.user(email))
    roles = {("call_taker", make.team("blaby-customer-services").id)}
    made = people.add_person(actor=admin, partner=admin.partner, name="New Person", email="new@blaby.example", roles=roles)
    people.close_account(actor=admin, user=made, reason="Did not come.")
    lost = people.add_person(actor=admin, partner=admin.partner, name="Lost Telephone", email="lost@blaby.example", roles=roles)
    second_factor.begin(lost)
    credentials.of(lost.id).totp_confirmed_at = clock.machine_now()
    declaring.declare_person(actor=make.user(OFFICER), name="Somebody Known")
    today = clock.now()
    db.session.add(Duty(team_id=make.team().id, user_id=supervisor.id, starts_at=today, ends_at=today + timedelta(days=2)))
    partners = [(GOVERNANCE, f"/partnership/{admin.partner_id}"), (SUPERVISOR, "/board/duty")]
    return [
        *partners,
        *((ADMIN, f"/people/{one.id}") for one in (made, lost, make.user(TAKER))),
        (OFFICER, "/account"),
        (OFFICER, "/declared"),
    ]


def _door() -> list[Beginning]:
    """Those who are not in: with a link to choose a password, with a code to enter, with a second factor to set up."""
    link = links.address_of(links.send_link(actor=None, user=make.user(LANDLORD), kind="reset"))
    second_factor.begin(make.user(SECOND))
    credentials.of(make.user(SECOND).id).totp_confirmed_at = clock.machine_now()
    make.user(STRANGERS_SUPERVISOR).label = None  # what is asked of everybody but the accounts of a demonstration
    halves = [(HALF_IN + SECOND, "/sign-in/code"), (HALF_IN + STRANGERS_SUPERVISOR, "/sign-in/set-up")]
    return [(NOBODY, "/sign-in"), (NOBODY, "/link/" + link.rpartition("/")[2]), *halves]


def _machines() -> list[Beginning]:
    """Messages that did not go, a row that could not be read, a look that was flagged; the alerts of it all."""
    failed = {"state": "failed", "failed_at": clock.now(), "last_error": "The receiver answered 500.", "attempts": 8}
    db.session.execute(update(Outbox).where(Outbox.channel != "letter").values(failed))
    counts = {"read": 1, "accepted": 0, "already_known": 0, "quarantined": 1}
    whence = {"kind": "police", "system": "police", "files": "a.csv", "delivered_at": clock.now(), "delivered_by": "system:test"}
    delivery = Delivery(id=new_id(), **counts, **whence)
    db.session.add(delivery)
    db.session.flush()
    row = {"file_name": "a.csv", "line_number": 2, "content_digest": b"", "content": "a,b", "reason": "It has no LSOA code."}
    db.session.add(QuarantinedRow(delivery_id=delivery.id, **row))
    db.session.commit()
    sweep(clock.now())
    alert = db.session.scalars(select(Alert.id).where(Alert.trigger_key == "high_risk")).first()
    db.session.commit()
    pages = ["/board/messages", f"/board?open={alert}", f"/board/officers/{make.user(OFFICER).id}/cover", "/cases/export"]
    return [*((SUPERVISOR, page) for page in pages), (GOVERNANCE, "/imports"), (INFORMATION, "/record/flags")]


def _unsigned() -> list[Beginning]:
    """Cases nobody can sign on: of a team without a supervisor, and one whose only supervisor has it."""
    make.unsupervised()
    case = restricted_made.restricted(officer=SUPERVISOR, report=False, state="closure_proposed")
    db.session.commit()
    return [(GOVERNANCE, "/board"), (SUPERVISOR, f"/cases/{case.id}/ask-to-sign")]


def _lots() -> list[Beginning]:
    """Cases drawn for one supervisor, none yet for another."""
    dip.draw_cases(actor=make.user(SUPERVISOR))
    db.session.commit()
    return [(SUPERVISOR, "/board/dip-samples"), (SECOND, "/board/dip-samples")]
