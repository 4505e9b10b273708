"""The verbs of interventions: proposed, authorised, started, not kept, ended, considered and not used."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select, text

from config import agreed
from sentinel.access.models import PartnerPower
from sentinel.access.queries import viewer_of
from sentinel.cases import closure
from sentinel.cases import service as cases
from sentinel.cases.models import CaseEvent
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.desk.closing import interventions_ended
from sentinel.interventions import queries, service
from sentinel.interventions.models import Intervention
from sentinel.reactions import CONDITIONS
from tests import factories
from tests.integration.promise_made import promises, victim_on_case

NOTE = "Loud music after eleven, three nights a week."
TOLD = {"parent": "yes", "youth_justice": "not_yet"}


@pytest.fixture(autouse=True)
def _on_a_wednesday(at):
    at("2026-12-02 10:00")


def officer():
    return factories.user("officer@blaby.example")


def supervisor():
    return factories.user("supervisor@blaby.example")


def a_case(age=34, **more):
    made = factories.case(officer=officer(), **more)
    factories.party(on=made, who=factories.person("Darren Whitlock", age_years=age), role="alleged")
    return made


def alleged(case):
    return next(party for party in case.parties if party.role == "alleged")


def proposed(case, key="abc", **more):
    values = {"actor": officer(), "case": case, "power_key": key, "party": alleged(case), "note": NOTE}
    return service.propose(**(values | more))


def authorised(case, key="abc"):
    return service.authorise(actor=supervisor(), intervention=proposed(case, key))


def in_force(case, key="abc", **more):
    values = {"starts_on": date(2026, 12, 2), "ends_on": date(2027, 6, 2)}
    return service.start(actor=officer(), intervention=authorised(case, key), **(values | more))


def story(case):
    told = select(CaseEvent).where(CaseEvent.case_id == case.id, CaseEvent.kind == "intervention").order_by(CaseEvent.id)
    return db.session.scalars(told).all()


# --- Using a power ------------------------------------------------------------------------------------------------


def test_the_victim_is_promised_to_hear_of_it(session, at):
    victim = victim_on_case()
    at("2026-12-02 10:00")
    service.propose(actor=officer(), case=victim.case, power_key="verbal_advice", note=NOTE, starts_on=date(2026, 12, 2))
    assert promises(victim, "open")["after_intervention"].due_at == datetime(2026, 12, 9, 17, tzinfo=UTC)


def test_advice_needs_nobody_else_and_starts_at_once(session):
    case = a_case()
    made = proposed(case, "verbal_advice", starts_on=date(2026, 12, 1))
    session.expire_all()
    assert (made.state, made.self_authorised, made.authorised_by) == ("in_force", True, officer().id)
    assert (made.tier, made.power_version, made.starts_on, made.ends_on) == ("advice", "1", date(2026, 12, 1), None)
    assert [line.title for line in story(case)] == ["Words of advice started Tuesday 1 December for Darren Whitlock (alleged)"]
    assert story(case)[0].body == NOTE
    assert story(case)[0].actor_name == "Jaswinder Bell"


def test_what_somebody_else_authorises_waits(session):
    case = a_case()
    made = proposed(case)
    assert (made.state, made.authorised_by, made.starts_on) == ("proposed", None, None)
    assert story(case)[0].title == "Acceptable behaviour contract or agreement (ABC, ABA) proposed for Darren Whitlock (alleged)"


def test_an_order_runs_to_midnight_of_its_last_day_and_is_watched(session):
    made = in_force(a_case())
    session.expire_all()
    assert (made.state, made.ends_on) == ("in_force", date(2027, 6, 2))
    assert made.ends_at == datetime(2027, 6, 2, 23, tzinfo=UTC)  # midnight in summer time
    watched = session.execute(text(CONDITIONS["intervention_ending"]), {"now": made.proposed_at}).mappings().all()
    assert made.id in [value for row in watched for value in row.values()]


@pytest.mark.parametrize("key", ["cpw", "injunction", "respect_order", "parenting_contract", "nonsense"])
def test_what_is_not_switched_on_cannot_be_used(session, key):
    case = a_case()
    with pytest.raises(Refused, match="cannot be used"):
        proposed(case, key)
    assert queries.of_case(case) == []


def test_what_the_partner_does_not_hold_cannot_be_used(session):
    case = a_case()
    police = factories.user("beat.officer@police.example")
    cases.share_case(actor=officer(), case=case, grantee=factories.team("police-beat"), reason="They know him.")
    with pytest.raises(Refused, match="Leicestershire Police does not hold this power"):
        proposed(case, "good_neighbour", actor=police)
    assert proposed(case, "first_letter", actor=police, starts_on=date(2026, 12, 2)).state == "in_force"


def test_who_does_not_see_the_case_in_full_can_do_nothing_with_it(session):
    case = a_case()
    for email in ("officer@charnwood.example", "calltaker@blaby.example", "manager@blaby.example"):
        with pytest.raises(NotAllowed, match="see this case in full"):
            proposed(case, actor=factories.user(email))
        with pytest.raises(NotAllowed, match="see this case in full"):
            service.consider_not_used(actor=factories.user(email), case=case, power_key="abc", reason="cost")


def test_a_power_is_used_only_on_the_days_it_is_valid(session):
    with pytest.raises(Refused, match="from Wednesday 1 April"):
        proposed(a_case(), "verbal_advice", starts_on=date(2026, 3, 31))


def test_no_power_under_ten(session):
    with pytest.raises(Refused, match="Darren Whitlock is under 10") as refused:
        proposed(a_case(age=9))
    assert refused.value.field == "party"


def test_somebody_under_18_means_telling_a_parent_and_youth_justice(session):
    case = a_case(age=15)
    with pytest.raises(Refused, match="parent or guardian") as refused:
        proposed(case, "verbal_advice", starts_on=date(2026, 12, 2))
    assert refused.value.field == "parent_told"
    made = proposed(case, "verbal_advice", starts_on=date(2026, 12, 2), told=TOLD)
    assert made.parent_told == "yes"
    assert story(case)[-1].body == f"{NOTE}\n\nParent or guardian told. Youth justice not told yet."
    service.record_told(actor=officer(), intervention=made, told={"parent": "yes", "youth_justice": "yes"})
    assert story(case)[-1].data["told"] == {"parent": "yes", "youth_justice": "yes"}


def test_an_adult_is_not_recorded_as_told_by_a_parent(session):
    made = proposed(a_case(), "verbal_advice", starts_on=date(2026, 12, 2), told=TOLD)
    assert made.parent_told is None
    with pytest.raises(Refused, match="Nobody under 18"):
        service.record_told(actor=officer(), intervention=made, told=TOLD)


def test_the_same_power_is_not_begun_twice_for_one_person(session):
    case = a_case()
    first = proposed(case)
    with pytest.raises(Refused, match="already waiting to be authorised for Darren"):
        proposed(case)
    assert proposed(case, "warning_letter").state == "proposed"
    service.refuse(actor=supervisor(), intervention=first, reason="Try mediation.")
    assert proposed(case).state == "proposed"


def test_only_somebody_alleged_on_this_case_and_a_sentence_will_do(session):
    case, other = a_case(), a_case()
    victim = factories.party(on=case)
    for wrong in (victim, alleged(other)):
        with pytest.raises(Refused, match="alleged to be responsible on this case"):
            proposed(case, party=wrong)
    with pytest.raises(Refused, match="what it is about"):
        proposed(case, note="  \n")


def test_nothing_is_used_on_a_closed_case(session, at):
    case = a_case(state="closed", closed_at=at("2026-12-02 10:00"))
    with pytest.raises(Refused, match="closed. Reopen it first"):
        proposed(case)


def test_straight_to_court_asks_for_a_line_of_explanation(session, monkeypatch):
    court = {"active": True, "valid_from": date(2026, 4, 1), "authoriser": "supervisor", "begins": "proposed"}
    court |= {"moves": {"proposed": ("authorised", "refused", "ended"), "authorised": ("ended",), "refused": (), "ended": ()}}
    now = agreed.current()
    powers = tuple(one.model_copy(update=court) if one.key == "injunction" else one for one in now.powers.power)
    switched = now.model_copy(update={"powers": now.powers.model_copy(update={"power": powers})})
    monkeypatch.setattr(agreed, "current", lambda: switched)
    session.add(PartnerPower(partner_id=factories.team().partner_id, power_key="injunction", since=date(2026, 4, 1)))
    case = a_case()
    with pytest.raises(Refused, match="why court comes now") as refused:
        proposed(case, "injunction")
    assert refused.value.field == "explanation"
    made = proposed(case, "injunction", explanation="He threatened her with a knife.")
    assert made.note == f"{NOTE}\n\nStraight to court, because: He threatened her with a knife."


# --- Authorising --------------------------------------------------------------------------------------------------


def test_nobody_authorises_their_own_proposal(session):
    case = a_case()
    made = proposed(case, actor=supervisor())
    for verb in (
        lambda: service.authorise(actor=supervisor(), intervention=made),
        lambda: service.refuse(actor=supervisor(), intervention=made, reason="No."),
    ):
        with pytest.raises(NotAllowed, match="somebody else"):
            verb()
    second = factories.user("supervisor2@blaby.example")
    service.authorise(actor=second, intervention=made, note="Go ahead.")
    assert (made.state, made.authorised_by) == ("authorised", second.id)
    assert (story(case)[-1].body, story(case)[-1].actor_name) == ("Go ahead.", "Gethin Rees")


def test_only_a_supervisor_of_the_owner_authorises(session):
    case = a_case()
    made = proposed(case, actor=supervisor())
    cases.share_case(actor=officer(), case=case, grantee=factories.team("charnwood-asb"), reason="The flat is on their side.")
    for email in ("officer@blaby.example", "supervisor@charnwood.example"):
        with pytest.raises(NotAllowed, match="Only a supervisor of Blaby"):
            service.authorise(actor=factories.user(email), intervention=made)


def test_a_refusal_needs_its_reason_and_ends_it(session):
    case = a_case()
    made = proposed(case)
    with pytest.raises(Refused, match="Say why it is not authorised") as refused:
        service.refuse(actor=supervisor(), intervention=made, reason=" ")
    assert (refused.value.field, made.state) == ("note", "proposed")
    service.refuse(actor=supervisor(), intervention=made, reason="Ask her first.")
    assert (made.state, made.reason) == ("refused", "Ask her first.")
    with pytest.raises(Refused, match="not authorised. Nothing can follow"):
        service.authorise(actor=supervisor(), intervention=made)


def test_an_answer_to_what_changed_meanwhile_shows_how_it_stands(session):
    case = a_case()
    made = proposed(case)
    seen = made.version
    service.end(actor=officer(), intervention=made, outcome="The wrong person.")
    with pytest.raises(Stale) as stale:
        service.authorise(actor=supervisor(), intervention=made, version=seen)
    assert ("State", "Ended") in stale.value.theirs
    assert any("taken back, not started" in words for _, words in stale.value.theirs)


# --- What follows -------------------------------------------------------------------------------------------------


def test_what_was_not_authorised_cannot_start(session):
    made = proposed(a_case())
    with pytest.raises(Refused, match="waiting to be authorised"):
        service.start(actor=officer(), intervention=made, starts_on=date(2026, 12, 2), ends_on=date(2027, 6, 2))
    assert (made.state, made.starts_on) == ("proposed", None)


def test_it_starts_on_or_after_the_day_it_was_authorised(session):
    made = authorised(a_case())
    with pytest.raises(Refused, match="authorised on Wednesday 2 December"):
        service.start(actor=officer(), intervention=made, starts_on=date(2026, 12, 1), ends_on=date(2027, 6, 2))
    with pytest.raises(Refused, match="Enter the day it ends"):
        service.start(actor=officer(), intervention=made, starts_on=date(2026, 12, 2))
    assert made.state == "authorised"


def test_a_power_without_an_end_keeps_none(session):
    made = in_force(a_case(), "mediation")
    assert (made.state, made.ends_on, made.ends_at) == ("in_force", None, None)


def test_breaches_are_noted_each_time_and_it_may_go_on(session, at):
    case = a_case()
    made = in_force(case)
    at("2026-12-09 09:00")
    service.note_breach(actor=officer(), intervention=made, happened_on=date(2026, 12, 8), note="Music until two.")
    service.note_breach(actor=officer(), intervention=made, happened_on=date(2026, 12, 9), note="Again.")
    assert made.state == "breached"
    service.go_on(actor=officer(), intervention=made, note="Warned, with his mother there.")
    assert made.state == "in_force"
    titles = [line.title for line in story(case)]
    assert "breached on Tuesday 8 December" in titles[-3]
    assert "goes on after the breach" in titles[-1]
    assert len(queries.history(case)[str(made.id)]) == len(titles)


@pytest.mark.parametrize("day", [None, date(2026, 12, 1), date(2026, 12, 3)])
def test_a_breach_has_a_day_from_the_start_until_today(session, day):
    made = in_force(a_case())
    with pytest.raises(Refused) as refused:
        service.note_breach(actor=officer(), intervention=made, happened_on=day, note="Music.")
    assert (refused.value.field, made.state) == ("happened_on", "in_force")


def test_there_is_nothing_to_go_on_with_where_nothing_was_breached(session):
    with pytest.raises(Refused, match="no breach to answer"):
        service.go_on(actor=officer(), intervention=in_force(a_case()), note="Fine.")


def test_ending_keeps_what_came_of_it_and_frees_the_case_to_close(session, at):
    case = a_case()
    made = in_force(case)
    assert len(list(interventions_ended(case))) == 1
    now = at("2027-01-15 12:00")
    with pytest.raises(Refused, match="what came of it"):
        service.end(actor=officer(), intervention=made, outcome="")
    service.end(actor=officer(), intervention=made, outcome="Kept. Quiet since.")
    assert (made.state, made.reason, made.ends_on, made.ends_at) == ("ended", "Kept. Quiet since.", date(2027, 1, 15), now)
    assert list(interventions_ended(case)) == []
    with pytest.raises(Refused, match="ended. Nothing can follow"):
        service.end(actor=officer(), intervention=made, outcome="Again.")


@pytest.mark.parametrize("day", [date(2026, 12, 1), date(2026, 12, 3)])
def test_it_ends_between_its_start_and_today(session, day):
    made = in_force(a_case())
    with pytest.raises(Refused) as refused:
        service.end(actor=officer(), intervention=made, outcome="Over.", ended_on=day)
    assert (refused.value.field, made.state) == ("ended_on", "in_force")


def test_what_never_started_is_taken_back(session):
    made = service.end(actor=officer(), intervention=authorised(a_case()), outcome="He moved away.")
    assert (made.state, made.starts_on, made.ends_on) == ("ended", None, None)
    assert queries.carried_out([made]) == []


# --- Considered and not used; thinking of more --------------------------------------------------------------------


def test_what_was_considered_and_not_used_is_kept_with_its_reason(session):
    case = a_case()
    made = service.consider_not_used(
        actor=officer(), case=case, power_key="mediation", reason="victim_unwilling", said="She is afraid of him."
    )
    assert (made.state, made.reason, made.note, made.tier) == ("not_used", "victim_unwilling", "She is afraid of him.", "early")
    line = story(case)[-1]
    assert line.title == "Considered and not used: Mediation or restorative meeting"
    assert line.body == "The victim does not want it, or it would put them at risk. She is afraid of him."
    assert list(interventions_ended(case)) == []


def test_also_one_that_is_not_switched_on_may_have_been_considered(session):
    made = service.consider_not_used(actor=officer(), case=a_case(), power_key="injunction", reason="proportionality")
    assert (made.tier, made.state, made.note) == ("court", "not_used", None)


@pytest.mark.parametrize(("key", "reason", "said"), [("abc", "other", " "), ("abc", "because", ""), ("nonsense", "cost", "")])
def test_not_using_it_needs_a_known_reason_and_something_else_needs_words(session, key, reason, said):
    case = a_case()
    with pytest.raises(Refused):
        service.consider_not_used(actor=officer(), case=case, power_key=key, reason=reason, said=said)
    assert queries.of_case(case) == []


def test_three_further_incidents_ask_whether_more_was_considered(session, at):
    case = a_case()
    proposed(case, "verbal_advice", starts_on=date(2026, 12, 2))
    for n, day in enumerate(("2026-12-05 20:00", "2026-12-06 20:00", "2026-12-07 20:00")):
        assert _further(session, case) == 0, n
        factories.report(received_at=at(day), case_id=case.id, state="joined", triaged_at=at(day))
    assert _further(session, case) == 3
    at("2026-12-08 09:00")
    service.consider_not_used(actor=officer(), case=case, power_key="cpw", reason="evidence")
    assert _further(session, case) == 0


def _further(session, case):
    session.expire_all()
    return queries.further_incidents(case, queries.of_case(case))


# --- Who may authorise, and what they see of it --------------------------------------------------------------------


def test_the_list_to_sign_shows_each_supervisor_what_they_may_answer(session):
    made = proposed(a_case(), actor=supervisor())

    def waits(email):
        return session.scalars(queries.waiting(viewer_of(factories.user(email)))).all()

    assert waits("supervisor2@blaby.example") == [made]
    for email in ("supervisor@blaby.example", "officer@blaby.example", "supervisor@charnwood.example"):
        assert waits(email) == [], email


def test_the_database_itself_refuses_a_proposal_authorised_by_its_proposer(session):
    made = proposed(a_case())
    row = session.get_one(Intervention, made.id)
    row.authorised_by = row.proposed_by
    with pytest.raises(Exception, match="authorised_by_another"):
        session.flush()


# --- Looked after when the case has closed --------------------------------------------------------------------------


def handed_on(case, one, **more):
    values = {"carer": supervisor(), "until": None, "note": "Watch for Saturdays."}
    return service.hand_on(actor=officer(), intervention=one, **(values | more))


def watched(condition, one, moment):
    rows = db.session.execute(text(CONDITIONS[condition]), {"at": moment}).mappings().all()
    return [(row["officer_id"], row["since"]) for row in rows if row["subject_id"] == one.id]


def test_what_goes_on_after_closing_has_somebody_who_looks_after_it_until_its_end(session, at):
    case = a_case()
    one = in_force(case)
    assert len(list(interventions_ended(case))) == 1
    handed_on(case, one)
    assert (one.looked_after_by, one.looked_after_until, one.state) == (supervisor().id, date(2027, 6, 2), "in_force")
    assert list(interventions_ended(case)) == []
    name = "Acceptable behaviour contract or agreement (ABC, ABA)"
    said = f"{name}: Marcia Thornton-Clarke looks after it until Wednesday 2 June 2027 for Darren Whitlock (alleged)"
    assert story(case)[-1].title == said


def test_its_alerts_go_to_whoever_looks_after_it(session, at):
    case = a_case()
    one, now = in_force(case), at("2027-05-20 10:00")
    assert watched("intervention_ending", one, now) == [(None, datetime(2027, 6, 1, 23, tzinfo=UTC))]
    handed_on(case, one)
    assert watched("intervention_ending", one, now) == []
    assert watched("intervention_handed_on", one, now) == [(supervisor().id, datetime(2027, 6, 1, 23, tzinfo=UTC))]


@pytest.mark.parametrize(
    ("until", "sentence"),
    [(None, "Enter a day to come"), (date(2026, 12, 2), "Enter a day to come"), (date(2031, 1, 1), "more than three years away")],
)
def test_what_has_no_end_is_looked_after_until_a_day_to_come(session, until, sentence):
    case = a_case()
    one = proposed(case, "verbal_advice", starts_on=date(2026, 12, 1))
    with pytest.raises(Refused, match=sentence) as refused:
        handed_on(case, one, until=until)
    assert refused.value.field == "until"
    handed_on(case, one, until=date(2027, 3, 1))
    assert one.looked_after_until == date(2027, 3, 1)


def test_nobody_looks_after_what_is_not_in_force_or_over_nor_without_seeing_the_case(session, at):
    case = a_case()
    with pytest.raises(Refused, match="Only one in force"):
        handed_on(case, proposed(case))
    one = in_force(a_case())
    with pytest.raises(Refused, match="does not see this case in full"):
        handed_on(case, one, carer=factories.user("officer@charnwood.example"))
    at("2027-06-03 10:00")
    with pytest.raises(Refused, match="was to end on Wednesday 2 June"):
        handed_on(case, one)


def test_on_a_closed_case_what_is_looked_after_can_be_ended_or_handed_to_somebody_else_and_nothing_more(session, at):
    case = a_case()
    one = handed_on(case, in_force(case))
    case.state, case.closed_at = "closed", one.proposed_at
    at("2027-01-04 10:00")
    with pytest.raises(Refused, match="Reopen it first"):
        service.note_breach(actor=officer(), intervention=one, happened_on=date(2027, 1, 2), note="He was back.")
    handed_on(case, one, carer=factories.user("supervisor2@blaby.example"))
    with pytest.raises(NotAllowed):
        service.end(actor=factories.user("officer@charnwood.example"), intervention=one, outcome="Kept.")
    service.end(actor=supervisor(), intervention=one, outcome="Kept for the whole time.")
    assert one.state == "ended"


def test_what_nobody_looks_after_is_not_touched_on_a_closed_case(session):
    case = a_case()
    one = in_force(case)
    case.state, case.closed_at = "closed", one.proposed_at
    with pytest.raises(Refused, match="Reopen it first"):
        service.end(actor=officer(), intervention=one, outcome="Kept.")


def test_a_case_that_is_opened_again_looks_after_its_own(session, at):
    case = a_case()
    one = handed_on(case, in_force(case))
    case.state, case.closed_at = "closed", one.proposed_at
    db.session.flush()
    closure.reopen(actor=officer(), case=case, reason="He is back.")
    assert (one.looked_after_by, one.looked_after_until) == (None, None)
