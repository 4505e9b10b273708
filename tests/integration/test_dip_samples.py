"""Cases drawn by lot to be checked: whose, how likely, the same again by anybody; what is found stands on the case."""

import math
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

import pytest
from sqlalchemy import func, select, text, update

from sentinel.access.models import User
from sentinel.access.queries import viewer_of, with_roles
from sentinel.cases.models import Action, Case, CaseClock, CaseEvent, CaseGrant
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotAllowed, Refused
from sentinel.supervision import dip, queries, rules
from sentinel.supervision.models import DipDraw, DipSample
from tests import factories as make
from tests.integration.page_read import words
from tests.integration.restricted_made import looking

SUPERVISOR, SECOND, CHARNWOOD = "supervisor@blaby.example", "supervisor2@blaby.example", "supervisor@charnwood.example"
KEYS = ("assessed_in_time", "rationale", "promises", "safe_contact", "not_used", "next_step", "victim_view", "others")
FINE = dict.fromkeys(KEYS, "yes")
ONE_NO = FINE | {"rationale": "no"}


@pytest.fixture(autouse=True)
def wednesday(session, at):
    at("2026-12-02 10:00")


def who(email: str = SUPERVISOR):
    return with_roles(make.user(email).id)


def case(**more) -> Case:
    return make.case(officer=make.user(), **more)


def quiet(case: Case, days: int = 60) -> Case:
    last = clock.now() - timedelta(days=days)
    db.session.execute(update(CaseClock).where(CaseClock.case_id == case.id).values(last_entry_at=last))
    return case


def pool(email: str = SUPERVISOR) -> dict[UUID, queries.InPool]:
    db.session.flush()
    actor = who(email)
    teams = [held.team_id for held in actor.holdings if held.role == "supervisor"]
    return {one.case_id: one for one in queries.pool(viewer_of(actor), teams)}


def drawn_one() -> DipSample:
    case()
    dip.draw_cases(actor=who())
    return db.session.scalars(select(DipSample).order_by(DipSample.place)).first()


def check(sample: DipSample, answers=None, note: str = "", **more) -> DipSample:
    return dip.check_case(actor=who(), sample=sample, answers=answers or FINE, note=note, **more)


# --- who may be drawn ---------------------------------------------------------------------------------------------------


def test_live_cases_of_the_supervisors_teams_are_in_the_pool_and_no_others():
    live, nobodys, proposed = case(), make.case(), case(state="closure_proposed")
    closed = case(state="closed", closed_at=clock.now())
    elsewhere = make.case(team_slug="charnwood-asb", officer=make.user("officer@charnwood.example"))
    assert set(pool()) == {live.id, nobodys.id, proposed.id}
    assert closed.id not in pool()
    assert set(pool(CHARNWOOD)) == {elsewhere.id}


def test_nobody_is_drawn_a_case_that_is_their_own():
    mine = make.case(officer=make.user(SUPERVISOR))
    assert mine.id not in pool(SUPERVISOR)
    assert mine.id in pool(SECOND)


def test_a_restricted_case_is_drawn_only_for_those_named_on_it():
    secret = case(restricted=True)
    assert secret.id not in pool()
    person, until = make.user(SUPERVISOR), clock.now() + timedelta(days=1)
    named = CaseGrant(id=new_id(), case_id=secret.id, grantee=person.id, level="named", until=until, reason="x", granted_at=clock.now())
    db.session.add(named)
    assert secret.id in pool()
    assert secret.id not in pool(SECOND)


def test_high_risk_and_quiet_are_noticed_twenty_working_days_after_the_last_entry(at):
    one = case(level="high")
    quiet(one, days=0)
    at("2027-01-04 16:59")  # the twentieth working day from 2 December: Christmas Day, Boxing Day's substitute and New Year between
    assert (pool()[one.id].high, pool()[one.id].quiet) == (True, False)
    at("2027-01-04 17:00")
    assert pool()[one.id].quiet


def test_what_was_drawn_lately_is_not_drawn_again_for_four_weeks(at):
    sample = drawn_one()
    at("2026-12-30 09:59")
    assert sample.case_id not in pool()
    assert sample.case_id not in pool(SECOND)
    at("2026-12-30 10:01")
    assert sample.case_id in pool()


# --- the lots -----------------------------------------------------------------------------------------------------------


def test_a_draw_records_its_seed_its_pool_with_weights_by_whom_and_when():
    high, still, both, plain = case(level="high"), quiet(case()), quiet(case(level="high")), case()
    draw = dip.draw_cases(actor=who())
    assert (draw.drawn_by, draw.drawn_at, str(draw.week_of), draw.wanted) == (make.user(SUPERVISOR).id, clock.now(), "2026-11-30", 3)
    assert len(draw.seed) == 32
    assert {UUID(one["case"]): one["weight"] for one in draw.pool} == {high.id: 3, still.id: 2, both.id: 6, plain.id: 1}
    samples = db.session.scalars(select(DipSample).where(DipSample.draw_id == draw.id).order_by(DipSample.place)).all()
    assert [one.case_id for one in samples] == dip.cases_of(draw)
    assert len({one.case_id for one in samples}) == 3


def test_no_two_seeds_are_the_same_and_nobody_chooses_them(client_as):
    for email in (SUPERVISOR, SECOND):
        case()
        db.session.commit()
        client_as(email).post("/board/dip-samples/draw", {"way": "team", "seed": "0" * 32})
    seeds = db.session.scalars(select(DipDraw.seed)).all()
    assert len(seeds) == len(set(seeds)) == 2
    assert "0" * 32 not in seeds


AGAIN = """
SELECT one ->> 'case' FROM dip_draw d, jsonb_array_elements(d.pool) one,
    LATERAL (SELECT ('x' || substr(encode(sha256(convert_to(d.seed || ':' || (one ->> 'case'), 'UTF8')), 'hex'), 1, 16))::bit(64) AS bits) h
WHERE d.id = :draw
ORDER BY -ln((((h.bits >> 11)::bigint)::float8 + 0.5) / 9007199254740992) / (one ->> 'weight')::float8
LIMIT :wanted
"""


def test_the_database_draws_the_same_cases_again_from_what_was_recorded():
    for n in range(40):
        one = case(level="high" if n % 3 == 0 else "medium")
        if n % 4 == 0:
            quiet(one)
    draw = dip.draw_cases(actor=who())
    again = [UUID(key) for (key,) in db.session.execute(text(AGAIN), {"draw": draw.id, "wanted": draw.wanted})]
    samples = select(DipSample.case_id).where(DipSample.draw_id == draw.id).order_by(DipSample.place)
    assert list(db.session.scalars(samples)) == again
    assert len(again) == 3


def test_of_equal_weights_the_largest_number_comes_first_whatever_the_order_of_the_pool():
    keys = [UUID(int=n) for n in range(1, 7)]

    def number(key):
        return int(sha256(f"seven:{key}".encode()).hexdigest()[:16], 16)

    assert rules.drawn("seven", dict.fromkeys(keys, 1), 6) == sorted(keys, key=number, reverse=True)
    assert rules.drawn("seven", dict.fromkeys(reversed(keys), 1), 2) == sorted(keys, key=number, reverse=True)[:2]


def test_likelier_is_as_much_likelier_as_the_weight_says():
    """4,000 seeds, always the same: the share of each weight lies within four standard errors of what it should be."""
    keys = [UUID(int=n) for n in range(1, 11)]
    weights = dict(zip(keys, (6, 3, 3, 2, 2, 1, 1, 1, 1, 1), strict=True))
    seeds = 4_000
    first = dict.fromkeys(keys, 0)
    for n in range(seeds):
        first[rules.drawn(f"seed {n}", weights, 1)[0]] += 1
    total = sum(weights.values())
    for key, weight in weights.items():
        share = weight / total
        error = math.sqrt(share * (1 - share) / seeds)
        assert abs(first[key] / seeds - share) < 4 * error, (weight, first[key])


def test_of_three_drawn_a_likelier_case_is_among_them_more_often():
    keys = [UUID(int=n) for n in range(1, 31)]
    weights = {key: 6 if n < 5 else 1 for n, key in enumerate(keys)}
    among = dict.fromkeys(keys, 0)
    for n in range(2_000):
        for key in rules.drawn(f"seed {n}", weights, 3):
            among[key] += 1
    assert min(among[key] for key in keys[:5]) > 2 * max(among[key] for key in keys[5:])


def test_one_draw_a_week_from_monday_in_london(at):
    for _ in range(8):
        case()
    dip.draw_cases(actor=who())
    at("2026-12-06 23:59")
    with pytest.raises(Refused, match="drawn already"):
        dip.draw_cases(actor=who())
    at("2026-12-07 00:00")
    assert str(dip.draw_cases(actor=who()).week_of) == "2026-12-07"
    assert db.session.scalar(select(func.count()).select_from(DipSample)) == 6


def test_only_a_supervisor_draws_and_only_where_there_is_a_case():
    with pytest.raises(NotAllowed, match="Only a supervisor"):
        dip.draw_cases(actor=who("officer@blaby.example"))
    with pytest.raises(Refused, match="no case to draw"):
        dip.draw_cases(actor=who())


# --- one case of each officer -------------------------------------------------------------------------------------------


def officer(name: str, team: str = "blaby-asb", role: str = "practitioner") -> User:
    return make.colleague(name, role=role, team_slug=team)


def of_each(email: str = SUPERVISOR, **more) -> DipDraw:
    return dip.draw_cases(actor=who(email), way="each_officer", **more)


def drawn_of(draw: DipDraw) -> list[Case]:
    samples = db.session.scalars(select(DipSample).where(DipSample.draw_id == draw.id).order_by(DipSample.place))
    return [sample.case for sample in samples]


def left_out(draw: DipDraw) -> dict[UUID, str]:
    return {UUID(one["officer"]): one["why"] for one in draw.left_out}


def test_one_case_is_drawn_of_each_officer_however_many_they_have():
    busy, other = officer("Busy"), officer("Other")
    for _ in range(9):
        make.case(officer=busy)
    make.case(officer=other, level="high")
    make.case(officer=make.user())
    make.case(officer=make.user(SECOND))
    draw = of_each()
    assert sorted(case.officer.name for case in drawn_of(draw)) == sorted([busy.name, other.name, make.user().name, make.user(SECOND).name])
    assert (draw.way, draw.wanted, len(draw.pool)) == ("each_officer", 4, 12)


def test_of_each_officer_nobodys_cases_and_ones_own_are_not_drawn():
    make.case(), make.case(officer=make.user(SUPERVISOR))
    with pytest.raises(Refused, match="no case to draw"):
        of_each()
    taken = case()
    draw = of_each()
    assert [one.id for one in drawn_of(draw)] == [taken.id]
    assert make.user(SUPERVISOR).id not in left_out(draw)


def test_an_officer_of_whom_nothing_can_be_drawn_is_kept_with_the_reason(at):
    idle, lately, hidden, gone = officer("Idle"), officer("Lately"), officer("Hidden"), officer("Gone")
    gone.disabled_at = clock.now()
    make.case(officer=lately)
    of_each(SECOND)
    make.case(officer=hidden, restricted=True)
    case()
    assert left_out(of_each()) == {idle.id: "none", lately.id: "lately", hidden.id: "none"}


def test_officers_of_other_teams_are_neither_drawn_nor_missed():
    elsewhere, moved = officer("Elsewhere", "charnwood-asb"), officer("Moved", "charnwood-asb")
    make.case(team_slug="charnwood-asb", officer=elsewhere)
    mine = make.case(officer=moved)
    draw = of_each()
    assert [one.id for one in drawn_of(draw)] == [mine.id]
    assert set(left_out(draw)) == {make.user().id}


OF_EACH_AGAIN = """
SELECT DISTINCT ON (one ->> 'officer') one ->> 'case' FROM dip_draw d, jsonb_array_elements(d.pool) one,
    LATERAL (SELECT ('x' || substr(encode(sha256(convert_to(d.seed || ':' || (one ->> 'case'), 'UTF8')), 'hex'), 1, 16))::bit(64) AS bits) h
WHERE d.id = :draw
ORDER BY one ->> 'officer', -ln((((h.bits >> 11)::bigint)::float8 + 0.5) / 9007199254740992) / (one ->> 'weight')::float8
"""


def test_the_database_draws_the_same_case_of_each_officer_again_from_what_was_recorded():
    people = [make.user(), *(officer(f"Officer {n}") for n in range(6))]
    for n in range(60):
        one = make.case(officer=people[n % 5 if n % 2 else n % 7], level="high" if n % 3 == 0 else "medium")
        if n % 4 == 0:
            quiet(one)
    draw = of_each()
    again = {UUID(key) for (key,) in db.session.execute(text(OF_EACH_AGAIN), {"draw": draw.id})}
    drawn = drawn_of(draw)
    assert {one.id for one in drawn} == again
    assert len(drawn) == len({one.officer_id for one in drawn}) == len(people)


def test_among_an_officers_own_cases_likelier_is_as_much_likelier_as_the_weight_says_whoever_else_is_there():
    """4,000 seeds: within four standard errors, for an officer with three cases beside one with forty heavy ones."""
    own = {UUID(int=1): 6, UUID(int=2): 3, UUID(int=3): 1}
    weights = own | {UUID(int=n): 6 for n in range(10, 50)}
    whose = {key: UUID(int=1 if key in own else 2) for key in weights}
    found, seeds = dict.fromkeys(own, 0), 4_000
    for n in range(seeds):
        of_each_officer = rules.drawn_of_each(f"seed {n}", weights, whose)
        assert {whose[key] for key in of_each_officer} == set(whose.values()) and len(of_each_officer) == 2
        found[next(key for key in of_each_officer if key in own)] += 1
    for key, weight in own.items():
        share = weight / sum(own.values())
        assert abs(found[key] / seeds - share) < 4 * math.sqrt(share * (1 - share) / seeds), (weight, found[key])


def test_what_was_chosen_is_not_drawn_twice_in_one_week_in_the_other_way():
    case(), case()
    dip.draw_cases(actor=who())
    with pytest.raises(Refused, match="drawn already"):
        of_each()


def test_a_way_that_is_none_is_refused_at_its_field(client_as):
    case()
    db.session.commit()
    with pytest.raises(Refused, match="Choose how"):
        dip.draw_cases(actor=who(), way="by age")
    client = client_as(SUPERVISOR)
    for given in ({}, {"way": "by age"}):
        assert 'href="#way' in client.post("/board/dip-samples/draw", given, status=422).text
    assert db.session.scalar(select(func.count()).select_from(DipDraw)) == 0


def test_the_page_says_of_whom_nothing_was_drawn(client_as):
    case(level="high"), officer("Dele Adeyemi-Okonkwo")
    make.case()
    db.session.commit()
    client = client_as(SUPERVISOR)
    page = words(client.follow("/board/dip-samples/draw", {"way": "each_officer"}))
    assert "1 case drawn from 1: one of each officer." in page
    assert "Nothing was drawn of Dele Adeyemi-Okonkwo: no live case that you see in full." in page
    assert "Cases that nobody has yet were left out." in page
    assert "1 case drawn from 1, one of each officer" in words(client.get("/board"))


# --- checking -----------------------------------------------------------------------------------------------------------


def test_what_was_found_stands_on_the_case_with_the_question_as_it_was_asked():
    sample = check(drawn_one(), ONE_NO | {"others": "not_applicable"}, note="It says what, and not why.")
    assert sample.done_at == clock.now()
    assert sample.answers[1] == {"key": "rationale", "ask": "Does the latest assessment say why the risk is what it is?", "answer": "no"}
    line = db.session.scalars(select(CaseEvent).where(CaseEvent.case_id == sample.case_id, CaseEvent.kind == "supervision")).one()
    assert line.title == "Dip-sample: 6 of 7 as they should be"
    assert line.body == "No: Does the latest assessment say why the risk is what it is?\nIt says what, and not why."


def test_a_case_is_checked_once():
    sample = check(drawn_one())
    with pytest.raises(Refused, match="checked this case already"):
        check(sample, ONE_NO, note="Second thoughts.")
    assert {one["answer"] for one in sample.answers} == {"yes"}


def test_a_no_can_give_the_officer_an_action():
    sample = drawn_one()
    due = clock.today() + timedelta(days=5)
    check(sample, ONE_NO, note="No reason given.", action="Write why it is Medium", due_on=due)
    action = db.session.scalars(select(Action).where(Action.case_id == sample.case_id)).one()
    assert (action.what, action.owner_id, clock.london(action.due_at).date()) == ("Write why it is Medium", make.user().id, due)


@pytest.mark.parametrize(
    ("answers", "more", "sentence"),
    [
        ({**FINE, "promises": ""}, {}, "Answer yes, no"),
        (dict.fromkeys(KEYS[:-1], "yes"), {}, "Answer yes, no"),
        ({**FINE, "promises": "perhaps"}, {}, "Answer yes, no"),
        (ONE_NO, {}, "Say what is missing"),
        (FINE, {"action": "Do better", "due_on": "soon"}, "No answer is no"),
        (ONE_NO, {"note": "Bare.", "action": "Do better"}, "Enter the day"),
    ],
)
def test_a_check_that_says_too_little_is_refused(answers, more, sentence):
    sample = drawn_one()
    if more.get("due_on"):
        more = more | {"due_on": clock.today()}
    with pytest.raises(Refused, match=sentence):
        check(sample, answers, **more)
    assert sample.done_at is None


def test_an_action_for_nobody_is_refused():
    make.case()
    dip.draw_cases(actor=who())
    sample = db.session.scalars(select(DipSample)).one()
    with pytest.raises(Refused, match="Nobody has this case yet"):
        check(sample, ONE_NO, note="Bare.", action="Do better", due_on=clock.today())


def test_whoever_has_the_case_by_now_does_not_check_it_nor_does_the_database_let_them(client_as):
    sample = drawn_one()
    sample.case.officer_id = make.user(SUPERVISOR).id
    db.session.commit()
    with pytest.raises(NotAllowed, match="You have this case yourself"):
        check(sample)
    assert "You have this case yourself" in client_as(SUPERVISOR).get(f"/board/dip-samples/{sample.id}").text
    with looking(SUPERVISOR):
        changed = db.session.execute(text("UPDATE dip_sample SET note = 'Fine.' RETURNING id")).all()
        assert changed == []
    with pytest.raises(NotAllowed, match="Only the supervisor these cases were drawn for"):
        dip.check_case(actor=who(SECOND), sample=sample, answers=FINE, note="")


def test_a_case_that_closed_meanwhile_is_not_checked_and_not_offered(client_as):
    sample = drawn_one()
    sample.case.state, sample.case.closed_at = "closed", clock.now()
    db.session.commit()
    with pytest.raises(Refused, match="closed"):
        check(sample)
    page = client_as(SUPERVISOR).get("/board/dip-samples").text
    assert "Closed before it was checked" in page
    assert "Check the next case" not in page


# --- the pages ----------------------------------------------------------------------------------------------------------


def test_cases_are_drawn_and_checked_on_the_pages(client_as):
    case(), case(level="high")
    client = client_as(SUPERVISOR)
    assert "This week’s cases are not drawn yet." in words(client.get("/board"))
    page = words(client.follow("/board/dip-samples/draw", {"way": "team"}))
    assert "2 cases drawn from 2." in page
    assert "1 case high risk: 3 times as likely" in page
    sample = db.session.scalars(select(DipSample).order_by(DipSample.place)).first()
    assert f"/board/dip-samples/{sample.id}" in client.get("/board").text
    given = {f"answers-{key}": answer for key, answer in ONE_NO.items()}
    refused = client.post(f"/board/dip-samples/{sample.id}", given, status=422).text
    assert "Say what is missing" in refused
    assert 'value="no" checked' in refused
    page = client.follow(f"/board/dip-samples/{sample.id}", given | {"note": "It says what, and not why."})
    assert "Checked, and on the timeline of the case." in words(page)
    assert "Dip-sample: 7 of 8" in client.get(f"/cases/{sample.case_id}/timeline").text
    assert "It says what, and not why." in client.get(f"/board/dip-samples/{sample.id}").text
    assert "1 checked" in words(client.get("/board"))


def test_a_question_left_out_is_said_at_the_question(client_as):
    sample = drawn_one()
    db.session.commit()
    given = {f"answers-{key}": "yes" for key in KEYS if key != "promises"}
    page = client_as(SUPERVISOR).post(f"/board/dip-samples/{sample.id}", given, status=422).text
    assert 'href="#answers-promises"' in page


def test_two_clicks_draw_once(client_as):
    case()
    client = client_as(SUPERVISOR)
    client.follow("/board/dip-samples/draw", {"way": "team"})
    assert "drawn already" in client.post("/board/dip-samples/draw", {"way": "team"}, status=422).text
    assert db.session.scalar(select(func.count()).select_from(DipDraw)) == 1


def test_the_lots_of_others_are_nothing_to_see(client_as):
    sample = drawn_one()
    db.session.commit()
    client_as(SECOND).get(f"/board/dip-samples/{sample.id}", status=404)
    client_as(CHARNWOOD).get(f"/board/dip-samples/{sample.id}", status=404)
    client_as("officer@blaby.example").get("/board/dip-samples", status=403)
