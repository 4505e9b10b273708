"""Whatever is typed into any box: never a failure, always a sentence, nothing typed lost, what is kept is what was typed."""

import itertools
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import select

from config.settings import ROOT
from sentinel.alerts.models import Alert, Answer
from sentinel.cases.models import Action, Case, CaseDetail, CaseEvent, CaseGrant, Handover, PartyDetail, ReportDetail
from sentinel.core.db import db
from sentinel.interventions.models import Intervention
from sentinel.referrals.models import Referral, ReferralEvent
from sentinel.risk.models import Assessment
from sentinel.victims.models import Contact, ContactPlan
from tests import factories
from tests.filling import as_kept, form_with
from tests.integration import promise_made
from tests.pages import PageClient, check_page

LIST = ROOT.parent / "shared" / "data" / "hostile" / "blns.txt"
needs_list = pytest.mark.skipif(
    not LIST.exists(), reason="The list of naughty strings is not beside this checkout (../shared/data/hostile)."
)
INJECTIONS = [
    "'; DROP TABLE asb_case; --",
    '" OR ""="',
    "1) UNION SELECT password_hash FROM app_user --",
    "{{ 7 * 7 }}{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "${7*7} #{7*7} <%= 7*7 %>",
    "%s %(name)s %d %n {0} {name}",
    "\\x00 \\0 \\N \\. $$ $1 :name ?",
    "</textarea></script><script>alert(1)</script><img src=x onerror=alert(1)>",
    '" autofocus onfocus="alert(1)" x="',
    "javascript:alert(1)",
    '=HYPERLINK("http://example.org","x") @SUM(1+1)*cmd|\' /C calc\'!A0',
    "line one\u2028line two\u2029line three\x85line four",
    "zero\u200bwidth \u202eright to left\u202c \ufeffmark",
    "Zoe\u0308 \u1100\u1161\u11a8 \U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f3f4\U000e0067\U000e0062\U000e007f",
    "a\x00b\x01c\x7fd",
]
ASKED = ("from", "kind", "draft", "after", "next", "locked", "open", "all", "state", "officer", "team", "level", "whose", "month")
HARD_TO_ASK = [INJECTIONS[0], INJECTIONS[7], "-1", "9" * 30, "\x00", "\ud800", "WyJ4Il0"]
OFFICER, SUPERVISOR, TAKER = "officer@blaby.example", "supervisor@blaby.example", "calltaker@blaby.example"
WORKER = "worker@victimfirst.example"


class Place(NamedTuple):
    """A form: who fills it in and where, a box that tells it from others of the page, and what else makes it good.

    `kept` names the columns in which accepted words have to be found, `most` how many characters they take; `again`: may the
    same form be saved many times?
    """

    who: str
    path: Callable[[], str]
    box: str
    good: Callable[[], dict[str, Any]]
    kept: dict[str, Any]
    again: bool = True
    most: int = 2_000


def _case() -> Any:
    return promise_made.victim_on_case(promise_made.HIGH)


def _referral() -> Referral:
    _case()
    return db.session.scalars(select(Referral)).one()


def _alert() -> Alert:
    _case()
    return db.session.scalars(select(Alert).where(Alert.trigger_key == "high_risk")).one()


def _for_the_alleged() -> dict[str, Any]:
    case = db.session.scalars(select(Case)).one()
    party = factories.party(on=case, role="alleged", who=factories.person("Darren Whitlock", age_years=34))
    return {"party": str(party.id), "starts_on-day": "2", "starts_on-month": "12", "starts_on-year": "2026"}


def _case_path(rest: str = "") -> str:
    return f"/cases/{_case().case_id}{rest}"


TOO_LONG = "x" * 10_001
ALONE = 1
CALL = {"danger": "no", "who": "them", "name": "Nasreen Khan", "place": "the park", "what": "Shouting.", "finish": "save"}
FORMS = {
    "taking a report": Place(
        TAKER,
        lambda: "/reports/new",
        "what",
        lambda: CALL,
        {
            "what": ReportDetail.what_happened,
            "spot": ReportDetail.where_exactly,
            "others_told": ReportDetail.others_told,
            "others_reference": ReportDetail.others_reference,
            "vulnerability": PartyDetail.vulnerability,
            "safe_times": ContactPlan.safe_times,
            "language": ContactPlan.language,
            "never": ContactPlan.never,
        },
        most=ALONE,
    ),
    "a note": Place(OFFICER, _case_path, "note", dict, {"note": CaseEvent.body}),
    "an action": Place(
        OFFICER,
        lambda: _case_path("/actions"),
        "what",
        lambda: {"owner": str(factories.user().id), "due_on-day": "9", "due_on-month": "12", "due_on-year": "2026"},
        {"what": Action.what},
        most=490,
    ),
    "the risk": Place(
        OFFICER,
        lambda: f"/parties/{_case().id}/risk",
        "rationale",
        lambda: {"answers-happened": "weapon", "judged": "high"},
        {"rationale": Assessment.rationale},
        again=False,
    ),
    "a share": Place(
        OFFICER,
        lambda: _case_path("/share"),
        "reason",
        lambda: {"team": str(factories.team("charnwood-asb").id)},
        {"reason": CaseGrant.reason},
        again=False,
        most=490,
    ),
    "an offer": Place(
        OFFICER,
        lambda: _case_path("/hand-over"),
        "reason",
        lambda: {"team": str(factories.team("charnwood-asb").id)},
        {"reason": Handover.reason},
        again=False,
    ),
    "a decision": Place(
        OFFICER,
        lambda: f"/reports/{promise_made.report_taken(promise_made.HIGH).id}/triage",
        "words",
        lambda: {"outcome": "no_further_action", "reason_no_further_action": "other"},
        {"words": ReportDetail.triage_reason},
        again=False,
    ),
    "a contact": Place(
        OFFICER,
        lambda: f"/parties/{_case().id}/contact",
        "note",
        lambda: {"channel": "phone", "outcome": "reached", "when": "now"},
        {"note": Contact.note},
        again=False,
    ),
    "a contact plan": Place(
        OFFICER,
        lambda: f"/parties/{_case().id}/plan",
        "never",
        lambda: {"phone": "07700 900318", "ring": "yes"},
        {"safe_times": ContactPlan.safe_times, "never": ContactPlan.never},
        again=False,
        most=490,
    ),
    "an intervention": Place(
        OFFICER, lambda: _case_path("/interventions/use/verbal_advice"), "note", _for_the_alleged, {"note": Intervention.note}, again=False
    ),
    "a referral's first contact": Place(
        WORKER,
        lambda: f"/referrals/{_referral().id}/contact",
        "note",
        lambda: {"reached": "no", "channel": "phone", "when": "now"},
        {"note": ReferralEvent.note},
        again=False,
    ),
    "a supervisor's answer": Place(
        SUPERVISOR,
        lambda: f"/board?open={_alert().id}",
        "reason",
        lambda: {"kind": "do"},
        {"reason": Answer.reason},
        again=False,
        most=490,
    ),
    "closing": Place(
        OFFICER,
        lambda: _case_path("/closing"),
        "note",
        lambda: {"outcome": "resolved_advice", "teller": str(factories.user().id)},
        {"note": CaseDetail.outcome_note},
        again=False,
    ),
}


@pytest.fixture(autouse=True)
def _morning(at: Callable[[str], Any]) -> None:
    at("2026-12-02 10:42")


def naughty() -> list[str]:
    """The list and our own, without its comments."""
    lines = LIST.read_text(encoding="utf-8").splitlines() if LIST.exists() else []
    return [line for line in lines if line and not line.startswith("#")] + INJECTIONS


def rounds(boxes: Iterable[str], most: int) -> Iterator[dict[str, str]]:
    """Every string, spread over the boxes, with as many in one as make `most` characters."""
    waiting = naughty()
    while waiting:
        yield {box: _next(waiting, most) for box in boxes if waiting}


def _next(waiting: list[str], most: int) -> str:
    taken = [waiting.pop(0)]
    while waiting and len(" ".join([*taken, waiting[0]])) <= most:
        taken.append(waiting.pop(0))
    return " ".join(taken)


@needs_list
@pytest.mark.parametrize("name", FORMS)
def test_what_is_refused_is_shown_again_as_it_was_typed(name: str, client_as: Any, session: Any) -> None:
    place = FORMS[name]
    client, path = client_as(place.who), place.path()
    form = form_with(client.get(path).text, path, place.box)
    boxes = [box for box in form.words if not box.endswith(("-day", "-month", "-year"))]
    for typed in rounds(boxes, ALONE if name == "taking a report" else 2_000):
        typed[place.box] = typed.get(place.box, "") + TOO_LONG
        answer = client.ask("POST", form.action, data=form.with_(csrf_token=client.token, finish="save", **typed))
        assert answer.status_code == 422, typed
        check_page(answer.text, path)
        again = form_with(answer.text, path, place.box)
        for box, words in typed.items():
            assert as_kept(again.shown(box), lines=True) == as_kept(words, lines=form.words[box])


@needs_list
@pytest.mark.parametrize("name", FORMS)
def test_what_is_accepted_is_kept_as_it_was_typed(name: str, client_as: Any, session: Any) -> None:
    place = FORMS[name]
    client, path = client_as(place.who), place.path()
    form = form_with(client.get(path).text, path, place.box)
    good, accepted = place.good(), 0
    for typed in itertools.islice(rounds(place.kept, place.most), None if place.again else 1):
        sent = form.with_(csrf_token=client.token, submission_id=str(uuid4())) | good | typed
        answer = client.ask("POST", form.action, data=sent)
        assert answer.status_code in (302, 422), typed
        if answer.status_code == 302:
            accepted += 1
            for box, words in typed.items():
                _assert_kept(place.kept[box], as_kept(words, lines=form.words[box]))
        else:
            assert "There is a problem" in answer.text
            problem = [line.strip() for line in answer.text.splitlines() if 'href="#' in line]
    assert accepted, problem


def _assert_kept(column: Any, words: str) -> None:
    found = db.session.scalars(select(column).where(column == words)).all() if words else [words]
    assert found, f"{column}: {words!r} is nowhere"


def test_100_000_characters_are_refused_with_both_numbers_and_are_still_there(client_as: Any, session: Any) -> None:
    client, pasted = client_as(TAKER), "All of it, again. " * 5_556
    page = client.post("/reports/new", CALL | {"what": pasted}, status=422).text
    assert "must be 10,000 characters or fewer. You typed 100,007." in page
    assert form_with(page, "/reports/new", "what").shown("what") == pasted.strip()


@pytest.mark.parametrize("path", ["/reports/new", "/reports/new/draft", "/reports/new/matches", "/sign-in"])
def test_more_than_two_megabytes_is_refused_with_a_sentence(path: str, client_as: Any, session: Any) -> None:
    page = client_as(TAKER).post(path, CALL | {"what": "x" * 2_200_000}, status=413).text
    assert "larger than Sentinel takes in one go" in page


def test_a_reference_with_one_wrong_digit_is_caught_as_such(client_as: Any, session: Any) -> None:
    case, client = factories.case(officer=factories.user()), client_as(OFFICER)
    report = promise_made.report_taken(promise_made.MEDIUM)
    path = f"/reports/{report.id}/triage"
    wrong = case.reference[:-1] + str((int(case.reference[-1]) + 1) % 10)
    form = form_with(client.get(path).text, path, "words")
    join = {"outcome": "joined", "case": "another", "reason_joined": "same_problem", "words": "The same door, the same man."}
    page = unescape(client.post(path, form.with_(**join, reference=wrong), status=422).text)
    assert page.count("Check the reference: one of its digits is wrong") == 2  # in the summary and at the field
    assert form_with(page, path, "words").shown("reference") == wrong
    client.post(path, form.with_(**join, reference=case.reference))


def test_keys_of_another_kind_lead_nowhere(client_as: Any, session: Any) -> None:
    party, client = _case(), client_as(OFFICER)
    report, other = promise_made.report_taken(promise_made.MEDIUM), factories.user()
    for path in (
        f"/cases/{report.id}",
        f"/cases/{party.id}/timeline",
        f"/reports/{party.case_id}",
        f"/reports/{other.id}/triage",
        f"/parties/{party.case_id}/risk",
        f"/parties/{party.person_id}/risk",
        f"/handovers/{report.id}",
    ):
        client.get(path, status=404)


@pytest.mark.parametrize("words", ["1", "not-a-key", "' OR 1=1 --", "../../etc/passwd", "%00", "00000000-0000-0000-0000-00000000000g"])
def test_what_is_no_key_leads_nowhere(words: str, client_as: Any, session: Any) -> None:
    client = client_as(OFFICER)
    for path in ("/cases/{}", "/reports/{}", "/parties/{}/risk", "/handovers/{}", "/static/{}", "/assets/{}"):
        answer = client.ask("GET", path.format(quote(words)))
        assert answer.status_code == 404, path
        answer.close()


def test_a_number_no_row_can_have_leads_nowhere(client_as: Any, session: Any) -> None:
    for who, path in ((SUPERVISOR, "/board/alerts/{}"), (OFFICER, "/alerts/{}/acknowledge"), ("governance@county.example", "/imports/{}")):
        client_as(who).post(path.format("9" * 30), status=404)


@pytest.mark.parametrize("name", FORMS)
def test_keys_and_versions_that_were_tampered_with_are_refused_with_a_sentence(name: str, client_as: Any, session: Any) -> None:
    place = FORMS[name]
    client, path = client_as(place.who), place.path()
    form = form_with(client.get(path).text, path, place.box)
    needed = place.good()
    good = form.with_(csrf_token=client.token) | needed | {place.box: "What was said."}
    chosen = {box: value for box, value in needed.items() if box not in form.words and box != "finish"}
    unseen = {box for box in form.values if box in ("submission_id", "version", "started", "attached", "seen")}
    for box in [*chosen, *unseen]:
        for wrong in ("", "-1", "nobody", str(factories.user(TAKER).id), "\x00", "9" * 100, "person:x"):
            answer = client.ask("POST", form.action, data=good | {"submission_id": str(uuid4()), box: wrong})
            assert answer.status_code in (302, 303, 404, 409, 422), (box, wrong)
            assert answer.status_code < 400 or "<h1" in answer.text


@pytest.mark.parametrize("who", [OFFICER, SUPERVISOR, "governance@county.example"])
def test_nothing_in_an_address_fails(who: str, app: Any, client_as: Any, session: Any) -> None:
    client = client_as(who)
    plain = [rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments]
    for path, words in itertools.product(set(plain) - {"/readyz"}, HARD_TO_ASK):
        asked = "&".join(f"{name}={quote(words, errors='surrogatepass')}" for name in ASKED)
        answer = client.ask("GET", f"{path}?{asked}")
        assert answer.status_code in (200, 302, 403, 404), (path, words)
        assert "<script>alert(1)" not in answer.text


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example", "/\\\\evil.example", "https://evil.example", "//[", "http://[", "javascript:alert(1)", "/sign-out"]
)
def test_signing_in_leads_to_no_other_place(elsewhere: str, app: Any, session: Any) -> None:
    stranger = PageClient(app, None)
    path = f"/sign-in?next={quote(elsewhere)}"
    answer = stranger.post(path, {"email": OFFICER, "password": factories.PASSWORD})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "//[", "javascript:alert(1)"])
def test_a_saved_contact_leads_to_no_other_place(elsewhere: str, client_as: Any, session: Any) -> None:
    client, path = client_as(OFFICER), f"/parties/{_case().id}/contact"
    form = form_with(client.get(f"{path}?next={quote(elsewhere)}").text, path, "note")
    told = {"channel": "phone", "outcome": "reached", "when": "now", "note": "All quiet.", "next": elsewhere}
    assert client.post(form.action, form.with_(**told)).headers["Location"].startswith("/cases/")
