"""Nobody who is not named learns of a restricted case: not at any address, and not from any page, list, count, letter or match.

Every address of the application is tried for everybody of the demonstration: what leads to a part of a restricted case answers as
what leads to nothing. Every page is read before there is such a case and after, and has to be the same word for word.
"""

import re
from datetime import timedelta
from uuid import UUID, uuid4

import html5lib
import pytest
from sqlalchemy import select, text

from sentinel.access.models import RoleHeld, User
from sentinel.alerts import letters
from sentinel.alerts.models import Alert
from sentinel.alerts.sweep import sweep
from sentinel.cases import actions, incidents
from sentinel.cases.models import Case, CaseEvent, CaseGrant, Handover, RestrictedTouch
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.demonstration.accounts import ACCOUNTS, VETTED_UNTIL
from sentinel.documents.models import Document
from sentinel.interventions import hearings
from sentinel.interventions.models import Intervention
from sentinel.people import queries as people
from sentinel.places.models import Place
from sentinel.post.letters import Message
from sentinel.post.models import Outbox
from sentinel.post.service import queue_message
from sentinel.referrals.models import Referral
from sentinel.risk.models import Assessment, HighEpisode
from sentinel.supervision.models import DipDraw, DipSample, MultiAgencyProposal, SupervisionReview
from sentinel.victims.models import Contact
from sentinel.victims.promises import make_promise
from sentinel.victims.service import log_contact
from tests import factories as make
from tests.integration import restricted_made
from tests.integration.alerting import sign_everybody_in
from tests.integration.restricted_made import NAME, OFFICER, PHONE, SUPERVISOR, TAKER, who

pytestmark = pytest.mark.security

COLLEAGUE = "colleague@blaby.example"
NAMED = {OFFICER, SUPERVISOR}
STRANGERS = [*(account.email for account in ACCOUNTS if account.email not in NAMED), COLLEAGUE]
METHODS = ("GET", "POST")


@pytest.fixture(autouse=True)
def now(session, at):
    at("2026-12-02 10:00")
    _colleague()


def _colleague():
    """Another practitioner of the team that has the case: who sees all its other cases in full."""
    team = make.team()
    person = User(email=COLLEAGUE, name="Ffion Colleague", partner_id=team.partner_id, vetted_until=VETTED_UNTIL)
    person.holdings.append(RoleHeld(team_id=team.id, role="practitioner"))
    db.session.add(person)
    db.session.flush()


# --- Every address


def whole():
    """A restricted case with something of everything on it; returns the keys by the name they have in addresses."""
    case = restricted_made.restricted()
    victim = next(party for party in case.parties if party.role == "victim")
    moment = clock.now()
    assessment = _assessment(victim)
    episode = _saved(HighEpisode(party_id=victim.id, opened_at=moment, opened_by_assessment=assessment.id))
    keys = {
        "case_id": case.id,
        "report_id": case.reports[0].id,
        "party_id": victim.id,
        "promise_id": make_promise(party=victim, kind="first_contact", cause_id=new_id(), starts_at=moment).id,
        "contact_id": _contact(victim).id,
        "action_id": actions.add_action(actor=who(OFFICER), case=case, what="Ring", owner=make.user(OFFICER), due_on=clock.today()).id,
        "grant_id": db.session.scalars(select(CaseGrant.id).where(CaseGrant.case_id == case.id)).first(),
        "handover_id": _handover(case).id,
        "intervention_id": _intervention(case).id,
        "hearing_id": _hearing(case).id,
        "referral_id": _referral(case, victim).id,
        "opening_id": restricted_made.break_glass(case, restricted_made.SECOND).id,
        "touch_id": _touch(case, victim).id,
        "alert_id": db.session.scalars(select(Alert.id).where(Alert.trigger_key == "restricted_touched")).one(),
        "message_id": _message(victim),
        "document_id": _document(case).id,
        "event_id": db.session.scalars(select(CaseEvent.id).where(CaseEvent.case_id == case.id)).first(),
        "sample_id": _sample(case).id,
    }
    things = {
        "lowering": assessment.id,
        "review": _saved(SupervisionReview(episode_id=episode.id, party_id=victim.id, number=1, due_at=moment)).id,
        "proposal": _saved(MultiAgencyProposal(episode_id=episode.id, party_id=victim.id, state="proposed", proposed_at=moment)).id,
        "referral": keys["referral_id"],
        "intervention": keys["intervention_id"],
        "closing": case.id,
    }
    db.session.execute(text("UPDATE case_grant SET until = :at WHERE break_glass_id IS NOT NULL"), {"at": moment})
    db.session.commit()
    db.session.expire_all()
    return keys, things


def _saved(row):
    db.session.add(row)
    db.session.flush()
    return row


def _contact(victim):
    about = {"channel": "phone", "direction": "out", "outcome": "reached", "note": "Spoke to her.", "covers": ()}
    log_contact(actor=who(OFFICER), party=victim, occurred_at=clock.now(), **about)
    return db.session.scalars(select(Contact)).one()


def _handover(case):
    teams = {"from_team_id": make.team().id, "to_team_id": make.team("charnwood-asb").id}
    return _saved(Handover(case_id=case.id, reason="Theirs", offered_by=make.user(OFFICER).id, offered_at=clock.now(), **teams))


def _hearing(case):
    about = {"about": "The injunction", "court": "County Court", "at": clock.now() + timedelta(days=20)}
    return hearings.set_hearing(actor=who(OFFICER), case=case, **about)


def _intervention(case):
    about = {"power_key": "warning_letter", "tier": "early", "state": "proposed", "proposed_by": make.user(OFFICER).id}
    return _saved(Intervention(case_id=case.id, power_version="1", proposed_at=clock.now(), **about))


def _referral(case, victim):
    agency = make.user("worker@victimfirst.example").partner_id
    about = {"state": "held", "consent": "refused", "why": "High", "referred_at": clock.now(), "decide_by": clock.now()}
    return _saved(Referral(agency_id=agency, person_id=victim.person_id, party_id=victim.id, case_id=case.id, **about))


def _touch(case, victim):
    report = make.report(team_slug="charnwood-asb")
    make.party(on=report, who=victim.person)
    db.session.execute(text("SELECT restricted_touches(:report, 'restricted_touched', :at)"), {"report": report.id, "at": clock.now()})
    return db.session.scalars(select(RestrictedTouch)).one()


def _document(case):
    about = {"name_shown": "diary.txt", "media_type": "text/plain", "size": 1, "sha256": "0", "description": "A diary", "kind": "other"}
    about |= {"stored_as": new_id(), "scan_state": "unscanned", "added_by": make.user(OFFICER).id, "added_at": clock.now()}
    return _saved(Document(case_id=case.id, **about))


def _message(victim):
    key = queue_message(dedupe_key="x", channel="email", template="acknowledgement", ref_table="party", ref_id=victim.id)
    db.session.execute(text("UPDATE outbox SET state = 'failed', failed_at = :at WHERE id = :key"), {"at": clock.now(), "key": key})
    return key


def _sample(case):
    """Drawn for the supervisor who is named on it."""
    mine, moment = make.user(SUPERVISOR).id, clock.now()
    about = {"drawn_by": mine, "week_of": clock.today(), "drawn_at": moment, "seed": "s", "standards_version": "1", "wanted": 1, "pool": []}
    draw = _saved(DipDraw(**about))
    return _saved(DipSample(draw_id=draw.id, place=1, case_id=case.id, drawn_for=mine, drawn_at=moment))


def _assessment(victim):
    about = {"kind": "full", "answers": {}, "because": [], "score": 3, "suggested": "high", "judged": "standard", "effective": "high"}
    about |= {"set_version": "1", "review_by": clock.now() + timedelta(days=7)}
    about |= {"state": "pending", "assessor_id": make.user(OFFICER).id, "assessed_at": clock.now()}
    return _saved(Assessment(party_id=victim.id, **about))


FIXED = {"step": "authorise", "key": "warning_letter"}


def addresses(app, keys, things):
    """Method, the address of something of the case, and the same of nothing, for every address that names something of a case."""
    found = []
    with app.test_request_context():
        for rule in app.url_map.iter_rules():
            if not set(rule.arguments) & {*keys, "thing_id"}:
                continue
            for kind in things if "thing_id" in rule.arguments else [""]:
                real = {name: things[kind] if name == "thing_id" else {**keys, **FIXED, "kind": kind}[name] for name in rule.arguments}
                unreal = {name: _nothing(value) for name, value in real.items()}
                pair = rule.build(real)[1], rule.build(unreal)[1]
                found += [(method, *pair) for method in METHODS if method in (rule.methods or ())]
    return found


def _nothing(value):
    return uuid4() if isinstance(value, UUID) else 999_999_999 if isinstance(value, int) else value


def _knock(client, method, path):
    response = client.ask(method, path, data={"csrf_token": client.token} if method == "POST" else None)
    shown = "" if 300 <= response.status_code < 400 else _plain(response.text)
    return response.status_code, shown


def _plain(page):
    return " ".join("".join(html5lib.parse(page).itertext()).split()) if "<html" in page else page


def test_there_is_an_address_for_every_kind_of_thing_on_a_case(app):
    keys, things = whole()
    named = {name for rule in app.url_map.iter_rules() for name in rule.arguments}
    others = {"filename", "step", "key", "kind", "part", "row_id", "user_id", "officer_id", "duty_id", "thing_id"}
    # Of no one case:
    others |= {"question_id", "flag_id", "person_id", "partner_id", "team_id", "session_id", "link_id", "declared_id", "token"}
    assert set(keys) <= named <= {*keys, *others}
    assert len(addresses(app, keys, things)) > 100


@pytest.mark.parametrize("email", STRANGERS)
def test_every_address_of_a_restricted_case_answers_everybody_else_as_one_that_leads_to_nothing(email, app, client_as):
    keys, things = whole()
    told_apart, client = [], client_as(email)
    for method, real, unreal in addresses(app, keys, things):
        answer = _knock(client, method, real)
        if answer[0] not in (403, 404) or answer != _knock(client, method, unreal):
            told_apart.append((method, real, answer[0]))
    assert told_apart == []


def test_the_same_addresses_lead_somewhere_for_the_people_named(app, client_as):
    """So that the test above cannot pass because nothing leads anywhere."""
    keys, things = whole()
    client = client_as(SUPERVISOR)
    opened = {real for method, real, _ in addresses(app, keys, things) if method == "GET" and _knock(client, method, real)[0] == 200}
    assert len(opened) >= 20, sorted(opened)


# --- Every page


PAGES = [
    *("/", "/alerts", "/board", "/board/duty", "/board/messages", "/board/unallocated", "/board/overdue", "/board/not-assessed"),
    *("/board/kept", "/board/screened", "/cases", "/cases?whose=all", "/cases?whose=team", "/cases?whose=mine&state=any"),
    *("/cases?whose=all&state=any&risk=high", "/imports", "/insight/incidents", "/insight/incidents.csv", "/my-work", "/partnership"),
    *("/queue", "/referrals", "/reports", "/reports?state=decided", "/reports/mine", "/shared", "/sign-off", "/break-glass"),
    "/board/dip-samples",
]


@pytest.fixture
def world(at):
    """Before there is a restricted case: another of the same people at the same place, everybody signed in, the alerts looked for."""
    place = _saved(Place(address="12 Mill Lane", address_key="12 mill lane", building_key="12 mill lane", postcode=None))
    case = make.case(officer=make.user(COLLEAGUE), place_id=place.id, opened_at=clock.now() - timedelta(days=40))
    victim, alleged = make.person(NAME), make.person("Ebenezer Thistlethwaite")
    decided = {"state": "opened", "case_id": case.id, "triaged_at": case.opened_at, "screened_at": case.opened_at, "place_id": place.id}
    report = make.report(received_at=case.opened_at, **decided)
    make.party(on=report, who=victim, level="medium")
    make.party(on=report, who=alleged, role="alleged")
    sign_everybody_in()
    at("2026-12-17 10:00")
    sweep()
    db.session.commit()
    return case, place, victim, alleged


def hidden_away(case, place, victim, alleged):
    """A restricted case of the same people, with late promises, high risk, alerts, a failed message, an absent officer."""
    began = clock.now() - timedelta(days=20)
    about = {"place_id": place.id, "level": "high", "title": "Threats to a member of staff", "opened_at": began, "restricted": True}
    secret = make.case(officer=make.user(OFFICER), **about)
    at = {"triaged_at": began, "received_at": began, "place_id": place.id, "restricted": True, "level": "high"}
    reports = [make.report(state="opened", case_id=secret.id, **at) for _ in range(3)]
    party = make.party(on=reports[0], who=victim, level="high", klass="enhanced", assess_by=began)
    make.party(on=reports[0], who=alleged, role="alleged")
    until = clock.now() + timedelta(days=999)
    for email in NAMED:
        grantee = make.user(email).id
        db.session.add(CaseGrant(case_id=secret.id, grantee=grantee, level="named", until=until, reason="r", granted_at=began))
    for kind in ("first_contact", "cadence"):
        make_promise(party=party, kind=kind, cause_id=new_id(), starts_at=began)
    episode = _saved(HighEpisode(party_id=party.id, opened_at=began, opened_by_assessment=_assessment(party).id))
    db.session.add(SupervisionReview(episode_id=episode.id, party_id=party.id, number=1, due_at=began))
    _handover(secret)
    _intervention(secret)
    _referral(secret, party)
    _message(party)
    return secret


def _read(client, path):
    page = client.ask("GET", path)
    return page.status_code, re.sub(r"\d+ minutes? ago", "", _plain(page.text))


def _of_case(case):
    tabs = ("", "/timeline", "/people", "/risk", "/victim-care", "/interventions", "/referrals", "/actions", "/closing", "/share")
    parties = [f"/parties/{party.id}/risk" for party in case.parties if party.role == "victim"]
    reports = [f"/reports/{report.id}{part}" for report in case.reports for part in ("", "/incident", "/told")]
    return [*(f"/cases/{case.id}{tab}" for tab in tabs), *parties, *reports]


def _officers():
    return [f"/board/officers/{make.user(email).id}{part}" for email in (OFFICER, COLLEAGUE) for part in ("", "/cover")]


@pytest.mark.parametrize("email", STRANGERS)
def test_no_page_changes_by_a_word_for_somebody_who_is_not_named(email, world, client_as):
    paths, client = [*PAGES, *_of_case(world[0]), *_officers()], client_as(email)
    before = {path: _read(client, path) for path in paths}
    assert any(status == 200 for status, _ in before.values())
    hidden_away(*world)
    db.session.commit()
    sweep()
    db.session.commit()
    after = {path: _read(client, path) for path in paths}
    assert {path: (before[path], after[path]) for path in paths if before[path] != after[path]} == {}


def test_the_pages_of_the_people_named_do_change(world, client_as):
    """So that the test above cannot pass because nothing shows the case to anybody."""
    client = client_as(OFFICER)
    before = {path: _read(client, path) for path in ("/my-work", "/cases", "/alerts")}
    hidden_away(*world)
    db.session.commit()
    sweep()
    db.session.commit()
    assert all(_read(client, path) != before[path] for path in before)


# --- Each way of meeting somebody who stands on restricted cases only


@pytest.fixture
def met():
    """Somebody who is on a restricted case and nowhere else."""
    return restricted_made.restricted()


def as_viewer(email, ask):
    with restricted_made.looking(email):
        return ask()


@pytest.mark.parametrize("email", [TAKER, COLLEAGUE, restricted_made.SECOND, restricted_made.STRANGER])
def test_a_match_by_name_number_or_sound_does_not_find_them(email, met):
    for wanted in ({"name": NAME}, {"phone": PHONE}, {"name": "Willhelmina Fetherstonehaugh"}):
        assert as_viewer(email, lambda wanted=wanted: people.match_candidates(**wanted)) == []
    found = as_viewer(OFFICER, lambda: people.match_candidates(name=NAME))
    assert [one.person_id for one in found] == [met.parties[0].person_id]


def test_the_call_page_shows_no_card_and_attaches_nobody(client_as, met):
    person = next(party.person_id for party in met.parties if party.role == "victim")
    client = client_as(TAKER)
    typed = {"submission_id": str(uuid4()), "who": "me", "name": NAME, "phone": PHONE, "attached": f"person:{person}"}
    page = client.post("/reports/new/matches", typed, status=200)
    assert "0 matches" in page.text
    assert met.reference not in page.text


def test_a_letter_counts_no_alert_of_a_case_restricted_since():
    case = make.case(officer=make.user(OFFICER))
    victim = make.party(on=case)
    promise = make_promise(party=victim, kind="first_contact", cause_id=new_id(), starts_at=clock.now() - timedelta(days=30))
    sign_everybody_in()
    sweep()
    manager = make.user(restricted_made.MANAGER)
    assert promise.id in db.session.scalars(select(Alert.subject_id)).all()
    letter = _digest(manager)
    assert "open" in letter.subject
    from sentinel.cases import restricting

    restricting.restrict_case(actor=who(SUPERVISOR), case=case, named=[make.user(OFFICER)], reason="witness")
    db.session.flush()
    assert _digest(manager).__class__.__name__ == "NotSent"


def _digest(user):
    for row in db.session.scalars(select(Outbox).where(Outbox.ref_id == user.id, Outbox.template.like("alerts%"))):
        words = letters.digest if row.template == "alerts_digest" else letters.at_once
        return words(Message(row.id, row.dedupe_key, row.channel, row.template, row.ref_table, row.ref_id, 1))
    number = queue_message(dedupe_key="d", channel="email", template="alerts_digest", ref_table="app_user", ref_id=user.id)
    return letters.digest(Message(number, "d", "email", "alerts_digest", "app_user", user.id, 1))


def test_a_report_of_the_same_incident_is_not_listed_beside_one_that_may_be_read(client_as):
    first, second = make.report(), make.report()
    make.party(on=first)
    make.party(on=second)
    incidents.link(actor=who(OFFICER), reports=[first, second])
    db.session.flush()
    assert second.reference in client_as(COLLEAGUE).get(f"/reports/{first.id}").text
    case = make.case(officer=make.user(OFFICER), restricted=True)
    second.state, second.case_id, second.restricted, second.triaged_at = "opened", case.id, True, clock.now()
    db.session.commit()
    beside = _plain(client_as(COLLEAGUE).get(f"/reports/{first.id}/incident").text)
    assert second.reference not in beside


def test_an_officer_with_restricted_cases_only_is_missed_by_the_people_named_and_not_by_the_supervisors(at):
    sign_everybody_in()
    restricted_made.restricted()
    db.session.execute(text("UPDATE app_user SET last_seen_at = '2026-11-01' WHERE email = :email"), {"email": OFFICER})
    at("2026-12-14 10:00")
    sweep()
    assert restricted_made.told_of("officer_away") == {SUPERVISOR}
    (alert,) = db.session.scalars(select(Alert).where(Alert.trigger_key == "officer_away")).all()
    assert alert.case_id == alert.subject_id


def test_a_wrong_number_and_that_of_a_restricted_case_are_refused_alike_when_a_report_is_joined(client_as, met):
    report = make.report()
    make.party(on=report)
    db.session.commit()
    client, path = client_as(COLLEAGUE), f"/reports/{report.id}/triage"
    said = set()
    for number in (met.reference, make.reference()):
        from tests.filling import form_with

        form = form_with(client.get(path).text, path, "reference")
        sent = form.with_(outcome="joined", case="another", reference=number, reason_joined="same_people")
        said.add(_plain(client.post(path, sent, status=422).text).replace(number, ""))
    assert len(said) == 1


def test_a_case_of_a_partner_without_a_current_agreement_is_not_known_to_others(client_as):
    theirs = make.team("charnwood-asb").partner
    case = make.case(team_slug="charnwood-asb")
    make.party(on=case)
    theirs.agreement_until = clock.today() - timedelta(days=1)
    db.session.commit()
    for email in (OFFICER, TAKER, restricted_made.BEAT, restricted_made.MANAGER):
        client = client_as(email)
        assert _knock(client, "GET", f"/cases/{case.id}") == _knock(client, "GET", f"/cases/{uuid4()}")
    assert db.session.get(Case, case.id) is not None
