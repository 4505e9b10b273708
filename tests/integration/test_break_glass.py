"""Break-glass: who may open a restricted case in an emergency, who is told, what is recorded, and how it is reviewed."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from sentinel.alerts import letters, queries
from sentinel.alerts.sweep import sweep
from sentinel.audit.models import AuditEntry
from sentinel.cases import emergency
from sentinel.cases.models import BreakGlass, BreakGlassTry
from sentinel.cases.queries import level_for
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused
from sentinel.post.models import Outbox
from tests import factories as make
from tests.filling import form_with
from tests.integration.alerting import letter_to, sign_everybody_in
from tests.integration.page_read import words
from tests.integration.restricted_made import (
    BEAT,
    GOVERNANCE,
    INFORMATION,
    LANDLORD,
    MANAGER,
    OFFICER,
    SECOND,
    STRANGER,
    STRANGERS_SUPERVISOR,
    SUPERVISOR,
    TAKER,
    WHY,
    as_,
    break_glass,
    open_alerts,
    restricted,
    told_of,
    who,
)

pytestmark = pytest.mark.security


@pytest.fixture(autouse=True)
def now(session, at):
    return at("2026-12-02 10:00")


@pytest.fixture
def case():
    return restricted()


def test_a_supervisor_of_the_owner_sees_the_case_for_four_hours_and_no_longer(case, at):
    assert level_for(as_(SECOND), case.id) == "none"
    break_glass(case)
    assert level_for(as_(SECOND), case.id) == "named"
    at("2026-12-02 13:59")
    assert level_for(as_(SECOND), case.id) == "named"
    at("2026-12-02 14:00")
    assert level_for(as_(SECOND), case.id) == "none"


@pytest.mark.parametrize("email", [OFFICER, TAKER, STRANGER, STRANGERS_SUPERVISOR, MANAGER, GOVERNANCE, INFORMATION, LANDLORD, BEAT])
def test_nobody_else_opens_anything_even_where_they_reach_the_function_itself(email):
    case = restricted(SECOND, officer=SECOND)
    with pytest.raises(Refused, match="Nothing was opened"):
        break_glass(case, email)
    assert db.session.scalar(select(func.count(BreakGlass.id))) == 0


def test_a_supervisor_elsewhere_who_works_for_the_owner_too_does_not_open_it(case):
    person = make.user(STRANGERS_SUPERVISOR)
    db.session.execute(
        text("INSERT INTO role_held (user_id, team_id, role) VALUES (:user, :team, 'practitioner')"),
        {"user": person.id, "team": make.team().id},
    )
    with pytest.raises(Refused, match="Nothing was opened"):
        break_glass(case, STRANGERS_SUPERVISOR)


def test_one_sentence_covers_no_such_case_not_restricted_and_not_yours(client_as, case):
    client = client_as(SECOND)
    theirs = make.case(team_slug="charnwood-asb", restricted=True)
    open_ = make.case()
    answers = set()
    for reference in (make.reference(), open_.reference, theirs.reference):
        answers.add(words(_ask(client, reference, status=422)).replace(reference, "").replace("Error:", ""))
    assert len(answers) == 1
    assert db.session.scalar(select(func.count(BreakGlassTry.id))) == 3


def _ask(client, reference, reason=WHY, status=302):
    form = form_with(client.get("/break-glass").text, "/break-glass", "reference")
    return client.post("/break-glass", form.with_(reference=reference, reason=reason), status=status)


def test_the_sixth_try_within_the_hour_opens_nothing_even_with_the_right_number(client_as, case, at):
    client = client_as(SECOND)
    for _ in range(5):
        _ask(client, make.reference(), status=422)
    assert "11am" in words(_ask(client, case.reference, status=422))
    with pytest.raises(Refused):
        break_glass(case)
    assert level_for(as_(SECOND), case.id) == "none"
    at("2026-12-02 11:01")
    _ask(client, case.reference)
    assert level_for(as_(SECOND), case.id) == "named"


def test_what_was_typed_in_vain_is_kept_nowhere(client_as):
    reference = make.reference()
    _ask(client_as(SECOND), reference, status=422)
    rows = db.session.scalars(text("SELECT t::text FROM break_glass_try t")).all()
    assert rows
    assert reference not in "".join(rows)


@pytest.mark.parametrize("reason", ["", "Because.", "x" * 19, "x" * 481, " " * 30])
def test_a_reason_is_a_sentence(client_as, case, reason):
    _ask(client_as(SECOND), case.reference, reason=reason, status=422)
    assert db.session.scalar(select(func.count(BreakGlass.id))) == 0


def test_pressed_twice_it_is_opened_once_and_whoever_is_named_opens_nothing(client_as, case):
    client = client_as(SECOND)
    _ask(client, case.reference)
    _ask(client, case.reference)
    _ask(client_as(SUPERVISOR), case.reference)
    assert db.session.scalar(select(func.count(BreakGlass.id))) == 1


def test_the_people_named_and_the_information_officer_are_told_at_once_and_not_whoever_opened_it(case):
    opening = break_glass(case)
    assert told_of("break_glass", opening.id) == {SUPERVISOR, OFFICER, INFORMATION}
    written = select(Outbox.ref_id).where(Outbox.template == "alerts_now")
    assert set(db.session.scalars(written)) == {make.user(email).id for email in (SUPERVISOR, OFFICER, INFORMATION)}


def test_the_information_officer_learns_that_one_was_opened_and_not_which(client_as, case):
    break_glass(case)
    page = client_as(INFORMATION).get("/alerts")
    assert "opened in an emergency" in words(page)
    for secret in (case.reference, case.title, "Featherstonehaugh", "Thornton", "Rees", WHY, str(case.id)):
        assert secret not in page.text
    letter = letter_to(INFORMATION, "alerts_now", letters.at_once)
    assert "1 thing" in letter.subject


def test_every_look_made_through_it_carries_the_reason(client_as, case):
    client = client_as(SECOND)
    _ask(client, case.reference)
    for page in ("", "/timeline", "/people", "/access"):
        client.get(f"/cases/{case.id}{page}")
    mine = (AuditEntry.actor == str(make.user(SECOND).id), AuditEntry.case_id == case.id, AuditEntry.kind == "look")
    assert set(db.session.scalars(select(AuditEntry.authority).where(*mine))) == {f"Break-glass: {WHY}"}
    assert db.session.scalar(select(func.count(AuditEntry.id)).where(*mine)) == 4
    assert f"Break-glass: {WHY}" in words(client_as(SUPERVISOR).get(f"/cases/{case.id}/access"))


def test_a_look_by_somebody_named_carries_no_such_reason(client_as, case):
    break_glass(case)
    client_as(SUPERVISOR).get(f"/cases/{case.id}")
    looks = (AuditEntry.actor == str(make.user(SUPERVISOR).id), AuditEntry.case_id == case.id, AuditEntry.kind == "look")
    assert set(db.session.scalars(select(AuditEntry.authority).where(*looks))) == {None}


def test_it_stands_on_the_story_and_on_the_record_of_access(client_as, case):
    break_glass(case)
    client = client_as(OFFICER)
    assert "Opened in an emergency by Gethin Rees" in words(client.get(f"/cases/{case.id}/timeline"))
    page = words(client.get(f"/cases/{case.id}/access"))
    assert WHY in page
    assert "Not reviewed" in page


def test_whoever_opened_it_is_not_on_the_list_and_changes_nothing_of_it(case):
    from sentinel.cases import restricting

    opening = break_glass(case)
    with pytest.raises(NotAllowed):
        restricting.lift_restriction(actor=who(SECOND), case=case, reason="I can see it now")
    with pytest.raises(NotAllowed):
        emergency.review(actor=who(SECOND), opening=opening, found_right=True, note="Of course")


def test_somebody_named_reviews_it_and_the_alert_closes(client_as, case):
    opening = break_glass(case)
    assert open_alerts("break_glass") == {opening.id}
    client, path = client_as(OFFICER), f"/cases/{case.id}/openings/{opening.id}"
    form = form_with(client.get(path).text, path, "note")
    client.follow(path, form.with_(found="right", note="The victim was in danger."))
    assert open_alerts("break_glass") == set()
    assert told_of("break_glass_not_right") == set()
    with pytest.raises(Refused, match="already"):
        emergency.review(actor=who(SUPERVISOR), opening=opening, found_right=False, note="No")


def test_not_right_is_told_to_the_information_officer_and_the_service_manager_without_the_case(client_as, case):
    opening = break_glass(case)
    emergency.review(actor=who(SUPERVISOR), opening=opening, found_right=False, note="He was only curious about Featherstonehaugh.")
    assert told_of("break_glass_not_right", opening.id) == {INFORMATION, MANAGER}
    for email in (INFORMATION, MANAGER):
        page = client_as(email).get("/alerts" if email == INFORMATION else "/board")
        assert "found not right" in words(page)
        assert "Gethin Rees" in page.text if email == MANAGER else True
        for secret in (case.reference, case.title, "Featherstonehaugh", str(case.id)):
            assert secret not in page.text


@pytest.mark.parametrize(("found", "note"), [("right", ""), ("", "Fine")])
def test_a_review_says_whether_and_why(client_as, case, found, note):
    opening = break_glass(case)
    client, path = client_as(OFFICER), f"/cases/{case.id}/openings/{opening.id}"
    form = form_with(client.get(path).text, path, "note")
    client.post(path, form.with_(**({"found": found} if found else {}), note=note), status=422)
    assert opening.reviewed_at is None


def test_not_reviewed_within_a_working_day_the_manager_and_governance_learn_that_and_nothing_of_the_case(case, at, client_as):
    sign_everybody_in()
    opening = break_glass(case)
    at("2026-12-03 16:59")
    sweep()
    assert told_of("break_glass_overdue") == set()
    at("2026-12-03 17:00")
    sweep()
    assert told_of("break_glass_overdue", opening.id) == {MANAGER, GOVERNANCE}
    for email in (MANAGER, GOVERNANCE):
        page = client_as(email).get("/board")
        assert "has not been reviewed" in words(page)
        for secret in (case.reference, case.title, "Featherstonehaugh", str(case.id)):
            assert secret not in page.text
    emergency.review(actor=who(SUPERVISOR), opening=opening, found_right=True, note="Needed")
    assert open_alerts("break_glass_overdue") == set()


def test_the_door_is_shown_to_supervisors_and_to_nobody_else(client_as):
    assert "/break-glass" in client_as(SUPERVISOR).get("/board").text
    assert "/break-glass" in client_as(SUPERVISOR).get("/cases").text
    assert "/break-glass" not in client_as(OFFICER).get("/cases").text
    assert "/break-glass" not in client_as(MANAGER).get("/board").text


def test_alerts_of_the_case_reach_its_list_and_not_whoever_opened_it(case):
    break_glass(case)
    found = db.session.scalars(
        text("SELECT u.email FROM recipients('supervisor', NULL, :team, NULL, NULL, :case, :at) r JOIN app_user u ON u.id = r.user_id"),
        {"team": case.team_id, "case": case.id, "at": clock.now() + timedelta(minutes=1)},
    )
    assert set(found) == {SUPERVISOR}
    assert queries.count_inbox(as_(SECOND)) == 0 or level_for(as_(SECOND), case.id) == "named"
