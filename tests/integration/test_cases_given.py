"""Several cases given to another officer: each by every rule that holds for one, what may not move said and left ticked."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sentinel.access.models import Absence
from sentinel.access.queries import viewer_of, with_roles
from sentinel.cases import service
from sentinel.cases.models import Case, CaseEvent
from sentinel.cases.moving import LOOK_AGAIN, move_many
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import Refused, SentinelError
from sentinel.victims.models import Promise
from tests import factories as make
from tests.integration.page_read import words
from tests.integration.promise_made import victim_on_case
from tests.integration.restricted_made import restricted

OFFICER, SUPERVISOR, SECOND = "officer@blaby.example", "supervisor@blaby.example", "supervisor2@blaby.example"
WHY = "J Bell is on leave until January."


@pytest.fixture(autouse=True)
def wednesday(session, at):
    at("2026-12-02 10:00")


def who(email: str):
    return with_roles(make.user(email).id)


def case(**more) -> Case:
    return make.case(**({"officer": make.user(OFFICER)} | more))


def given(client, *cases: Case, to: str = SECOND, reason: str = WHY, status: int = 302, versions=None, whose: str = OFFICER):
    sent = {"cases": [str(one.id) for one in cases], "officer": str(make.user(to).id), "reason": reason}
    sent |= {f"version-{one.id}": str((versions or {}).get(one.id, one.version)) for one in cases}
    db.session.commit()
    return client.post(f"/board/officers/{make.user(whose).id}/give", sent, status=status)


def test_the_ticked_cases_move_with_their_reason_and_no_others(client_as):
    one, two, three = case(), case(), case()
    client = client_as(SUPERVISOR)
    given(client, one, two)
    assert "Gethin Rees has 2 more cases now." in words(client.get(f"/board/officers/{make.user(OFFICER).id}"))
    db.session.expire_all()
    second = make.user(SECOND).id
    assert [row.officer_id for row in (one, two, three)] == [second, second, make.user(OFFICER).id]
    lines = db.session.scalars(select(CaseEvent).where(CaseEvent.kind == "officer")).all()
    assert [(line.title, line.body) for line in lines] == [("Moved from Jaswinder Bell to Gethin Rees", WHY)] * 2


def test_what_was_promised_goes_along_with_its_dates_and_each_victim_is_promised_to_hear(client_as):
    parties = [victim_on_case() for _ in range(2)]
    rows = select(Promise.id, Promise.due_at, Promise.state).where(Promise.kind != "officer_changed")
    before = set(db.session.execute(rows).all())
    given(client_as(SUPERVISOR), *(party.case for party in parties))
    assert set(db.session.execute(rows).all()) == before
    told = db.session.scalars(select(Promise.party_id).where(Promise.kind == "officer_changed")).all()
    assert set(told) == {party.id for party in parties}


def test_what_may_not_move_is_listed_with_why_and_left_ticked_and_the_rest_moves(client_as):
    fine, stale, closed, gone = case(), case(), case(), case()
    versions = {stale.id: stale.version}
    stale.title = "Something else by now"
    closed.state, closed.closed_at = "closed", clock.now()
    gone.officer_id = make.user(SECOND).id
    db.session.flush()
    page = given(client_as(SUPERVISOR), fine, stale, closed, gone, versions=versions, status=200)
    text = words(page)
    assert "1 case moved, 3 did not" in text
    assert "Somebody changed it while you had this list open. Look at it, then give it again." in text
    assert "Gethin Rees has this case already." in text
    assert "This case is closed" in text
    assert f'value="{stale.id}" checked' in page.text
    assert WHY in page.text, "nothing typed is lost"
    db.session.expire_all()
    assert fine.officer_id == make.user(SECOND).id
    assert stale.officer_id == make.user(OFFICER).id


def test_the_page_shown_then_can_be_sent_again(client_as):
    fine, stale = case(), case()
    client = client_as(SUPERVISOR)
    given(client, fine, stale, versions={stale.id: stale.version + 7}, status=200)
    given(client, stale)
    db.session.expire_all()
    assert stale.officer_id == make.user(SECOND).id


def test_when_none_may_move_nothing_does_and_the_page_says_so(client_as):
    stale = case()
    page = words(given(client_as(SUPERVISOR), stale, versions={stale.id: 99}, status=422))
    assert "None of these cases moved." in page
    assert "Not moved." in page


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"cases": []}, "Tick the cases to give."),
        ({"officer": ""}, "Choose who takes them."),
        ({"reason": " "}, "Say why they move"),
        ({"officer": "nobody"}, "not one of those offered"),
        ({"cases": ["nonsense"]}, "Tick the cases to give."),
    ],
)
def test_what_is_missing_is_said_once_for_all(client_as, sent, sentence):
    one = case()
    db.session.commit()
    whole = {"cases": [str(one.id)], "officer": str(make.user(SECOND).id), "reason": WHY, f"version-{one.id}": str(one.version)} | sent
    page = client_as(SUPERVISOR).post(f"/board/officers/{make.user(OFFICER).id}/give", whole, status=422)
    assert sentence in words(page)
    db.session.expire_all()
    assert one.officer_id == make.user(OFFICER).id


def test_a_restricted_case_is_offered_to_those_named_on_it_and_goes_only_to_somebody_named(client_as):
    secret = restricted(OFFICER)
    plain = case()
    db.session.commit()
    address = f"/board/officers/{make.user(OFFICER).id}"
    assert str(secret.id) in client_as(SUPERVISOR).get(address).text
    assert str(secret.id) not in client_as(SECOND).get(address).text
    page = words(given(client_as(SUPERVISOR), secret, plain, status=200))
    assert "Gethin Rees is not named on this restricted case." in page
    db.session.expire_all()
    assert plain.officer_id == make.user(SECOND).id
    other = case()
    hidden = words(given(client_as(SECOND), secret, other, to=SUPERVISOR, status=200))
    assert "you no longer see it in full" in hidden
    assert secret.title not in hidden, "who is not named learns nothing of it"
    given(client_as(SUPERVISOR), secret, to=SUPERVISOR)
    db.session.expire_all()
    assert secret.officer_id == make.user(SUPERVISOR).id


def test_cases_nobody_has_are_given_out_likewise_and_that_is_no_change_to_tell_of(client_as):
    party = victim_on_case()
    db.session.execute(update(Case).values(officer_id=None))
    db.session.commit()
    one = db.session.get(Case, party.case_id, populate_existing=True)
    sent = {"cases": [str(one.id)], "officer": str(make.user(SECOND).id), "reason": WHY, f"version-{one.id}": str(one.version)}
    client_as(SUPERVISOR).post("/board/unallocated/give", sent)
    db.session.expire_all()
    assert one.officer_id == make.user(SECOND).id
    assert db.session.scalars(select(Promise).where(Promise.kind == "officer_changed")).all() == []


def test_who_is_away_is_said_and_whoever_is_not_of_the_board_gives_nothing(client_as):
    one = case()
    today = clock.today()
    db.session.add(Absence(user_id=make.user(SECOND).id, starts_on=today, ends_on=today + timedelta(days=3)))
    db.session.commit()
    assert "Gethin Rees (away to " in words(client_as(SUPERVISOR).get(f"/board/officers/{make.user(OFFICER).id}"))
    given(client_as("supervisor@charnwood.example"), one, status=404)
    given(client_as(OFFICER), one, status=403)
    given(client_as("manager@blaby.example"), one, status=403)
    assert "Give these cases" not in client_as("manager@blaby.example").get(f"/board/officers/{make.user(OFFICER).id}").text


def world():
    """One case of every kind that a single move treats differently, made twice alike."""
    made = {
        "plain": case(),
        "of nobody": case(officer=None),
        "proposed for closing": case(state="closure_proposed"),
        "closed": case(state="closed", closed_at=clock.now()),
        "theirs already": case(officer=make.user(SECOND)),
        "of another partner": make.case(team_slug="charnwood-asb", officer=make.user("officer@charnwood.example")),
        "stale": case(),
        "restricted, not named": restricted(OFFICER),
        "restricted, named": restricted(OFFICER, SECOND),
    }
    return made, {key: one.version + (key == "stale") for key, one in made.items()}


@pytest.mark.parametrize("to", [SECOND, SUPERVISOR, OFFICER, "calltaker@blaby.example", "officer@charnwood.example"])
def test_many_at_once_are_moved_and_refused_exactly_as_one_by_one(to):
    actor, officer = who(SUPERVISOR), make.user(to)
    singly, versions = world()
    answers = {}
    for key, one in singly.items():
        try:
            with db.session.begin_nested():
                service.move_to_officer(actor=actor, case=one, officer=officer, reason=WHY, version=versions[key])
            answers[key] = "moved"
        except SentinelError as refused:
            answers[key] = refused.sentence
    together, versions = world()
    keys = {one.id: key for key, one in together.items()}
    ticked = {one.id: versions[key] for key, one in together.items()}
    done = move_many(actor=actor, viewer=viewer_of(actor), cases=ticked, officer=officer, reason=WHY)
    found = {keys[one.id]: "moved" for one in done.moved} | {keys[key]: sentence for key, _, sentence in done.refused}
    # of another partner's case one by one the page itself says that there is nothing; the verb says that it is not theirs
    assert found.pop("of another partner") == "It is not here any more, or you no longer see it in full."
    assert answers.pop("of another partner") != "moved"
    # what is stale is refused alike, in words for a list: there are no two versions to compare
    if answers["stale"].startswith("Somebody changed this while you had it open"):
        answers["stale"] = LOOK_AGAIN
    assert found == answers
    assert set(found) == set(together) - {"of another partner"}


def test_nothing_of_a_case_that_could_not_move_is_left_half_done():
    actor = who(SUPERVISOR)
    fine, closed = case(), case(state="closed", closed_at=clock.now())
    done = move_many(
        actor=actor, viewer=viewer_of(actor), cases={closed.id: 1, fine.id: 1, new_id(): 1}, officer=make.user(SECOND), reason=WHY
    )
    assert [one.id for one in done.moved] == [fine.id]
    assert len(done.refused) == 2
    assert db.session.scalars(select(CaseEvent).where(CaseEvent.case_id == closed.id)).all() == []
    with pytest.raises(Refused, match="Tick the cases"):
        move_many(actor=actor, viewer=viewer_of(actor), cases={}, officer=make.user(SECOND), reason=WHY)
