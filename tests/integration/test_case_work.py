"""Working a case: notes, actions, its officer, who else sees it, incidents counted once, safeguarding recorded."""

from datetime import date

import pytest
from sqlalchemy import select

from sentinel.access.queries import viewer_of
from sentinel.cases import actions, incidents, service, story
from sentinel.cases.models import CaseClock, CaseGrant
from sentinel.cases.queries import level_for
from sentinel.core import clock
from sentinel.core.errors import NotAllowed, Refused, Stale
from tests import factories
from tests.integration.promise_made import opened, report_taken
from tests.integration.promise_made import story as titles


def officer():
    return factories.user("officer@blaby.example")


def charnwood():
    return factories.user("officer@charnwood.example")


# --- Notes and the story ---------------------------------------------------------------------------------------------


def test_a_note_is_on_the_story_and_counts_as_an_entry(session, at):
    at("2026-12-02 10:00")
    case = factories.case()
    now = at("2026-12-04 16:30")
    service.add_note(actor=officer(), case=case, text="  Quiet for two days.  ")
    note = story.entries(case.id).rows[0]
    assert (note.kind, note.title, note.body, note.actor_name) == ("note", "Note", "Quiet for two days.", "Jaswinder Bell")
    assert session.scalar(select(CaseClock.last_entry_at).where(CaseClock.case_id == case.id)) == now


def test_an_empty_note_and_one_of_tomorrow_are_refused(session):
    case = factories.case()
    with pytest.raises(Refused, match="Write the note in a sentence"):
        service.add_note(actor=officer(), case=case, text=" \n ")
    with pytest.raises(Refused, match="still to come"):
        service.add_note(actor=officer(), case=case, text="Quiet.", happened_at=clock.now() + factories.days(1))


def test_the_story_of_a_case_holds_that_of_its_reports_from_before_it_was_opened(session, at):
    at("2026-12-02 10:00")
    report = report_taken()
    service.tell(kind="report", title="Report taken by telephone", report=report, actor=officer())
    at("2026-12-02 15:00")
    case = opened(report)
    kinds = [entry.kind for entry in story.entries(case.id).rows]
    assert "report" in kinds
    assert kinds.index("triage") < kinds.index("report")


def test_the_story_runs_in_pages_of_forty_and_skips_nothing_when_something_is_added_between(session, at):
    case = factories.case()
    for n in range(95):
        at(f"2026-11-{n // 12 + 2:02d} {n % 12 + 8:02d}:{n % 60:02d}")
        service.add_note(actor=officer(), case=case, text=f"Note {n}")
    first = story.entries(case.id)
    at("2026-12-01 09:00")
    service.add_note(actor=officer(), case=case, text="New")
    second = story.entries(case.id, cursor=first.further)
    third = story.entries(case.id, cursor=second.further)
    read = [entry.body for page in (first, second, third) for entry in page.rows]
    assert read == [f"Note {n}" for n in reversed(range(95))]
    assert (len(first.rows), first.nearer, third.further) == (40, None, None)
    back = story.entries(case.id, cursor=third.nearer)
    assert [entry.body for entry in back.rows] == [entry.body for entry in second.rows]


@pytest.mark.parametrize("cursor", ["x", "eyJ9", "WyJmdXJ0aGVyIiwgIjIwMjYiLCAiOTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OSJd", "☂", "W10", "WzVd"])
def test_a_cursor_that_is_none_opens_the_first_page(session, cursor):
    case = factories.case()
    service.add_note(actor=officer(), case=case, text="Quiet.")
    assert [entry.body for entry in story.entries(case.id, cursor=cursor).rows] in (["Quiet."], [])
    assert [entry.body for entry in story.entries(case.id, cursor="not a cursor").rows] == ["Quiet."]


def test_the_filter_offers_what_the_case_has_and_shows_only_that(session):
    case = opened(report_taken())
    service.add_note(actor=officer(), case=case, text="Quiet.")
    offered = {family.key: family.n for family in story.families(case.id)}
    assert offered["notes"] == 1
    assert "interventions" not in offered
    for key, n in offered.items():
        assert len(story.entries(case.id, family=key).rows) == n
    assert sum(offered.values()) == len(story.entries(case.id, size=1000).rows)


# --- Actions ---------------------------------------------------------------------------------------------------------


def test_an_action_is_due_at_five_on_its_day_in_london(session, at):
    at("2026-07-01 10:00")
    due = at("2026-07-06 17:00")
    at("2026-07-01 10:00")
    case = factories.case()
    action = actions.add_action(actor=officer(), case=case, what="Collect the statement", owner=officer(), due_on=date(2026, 7, 6))
    assert action.due_at == due
    assert titles(case, "action") == ["Action for Jaswinder Bell, by 5pm on Monday 6 July"]


def test_an_action_needs_words_a_day_to_come_and_somebody_who_sees_the_case(session, at):
    at("2026-12-02 10:00")
    case = factories.case()
    common = {"actor": officer(), "case": case}
    with pytest.raises(Refused, match="Say what is to be done"):
        actions.add_action(**common, what=" ", owner=officer(), due_on=date(2026, 12, 3))
    with pytest.raises(Refused, match="That date has passed"):
        actions.add_action(**common, what="Ring", owner=officer(), due_on=date(2026, 12, 1))
    for stranger in (charnwood(), factories.user("calltaker@blaby.example"), factories.user("manager@blaby.example")):
        with pytest.raises(Refused, match=f"{stranger.name} does not see this case"):
            actions.add_action(**common, what="Ring", owner=stranger, due_on=date(2026, 12, 3))
    service.share_case(actor=officer(), case=case, grantee=factories.team("charnwood-asb"), reason="Joint visit")
    actions.add_action(**common, what="Ring", owner=charnwood(), due_on=date(2026, 12, 2))


def test_an_action_is_finished_once_with_what_came_of_it(session):
    case = factories.case()
    action = actions.add_action(actor=officer(), case=case, what="Ring the landlord", owner=officer(), due_on=clock.today())
    with pytest.raises(Refused, match="Say in a sentence what came of it"):
        actions.finish_action(actor=officer(), action=action, case=case, outcome="")
    actions.finish_action(actor=officer(), action=action, case=case, outcome="They will write to Flat 6.")
    with pytest.raises(Stale) as stale:
        actions.finish_action(actor=officer(), action=action, case=case, outcome="No answer.")
    assert (stale.value.yours, stale.value.theirs) == ([("Outcome", "No answer.")], [("Outcome", "They will write to Flat 6.")])
    assert titles(case, "action")[-1] == "Done: Ring the landlord"


def test_nobody_is_given_anything_to_do_on_a_closed_case(session):
    case = factories.case(state="closed", closed_at=clock.now())
    with pytest.raises(Refused, match="closed. Reopen it first"):
        actions.add_action(actor=officer(), case=case, what="Ring", owner=officer(), due_on=clock.today())


# --- The officer -----------------------------------------------------------------------------------------------------


def test_a_case_moves_to_another_officer_with_a_reason_both_read(session):
    case, supervisor = factories.case(officer=officer()), factories.user("supervisor@blaby.example")
    service.move_to_officer(actor=supervisor, case=case, officer=supervisor, reason="J Bell is on leave until January.")
    assert case.officer is supervisor
    assert titles(case, "officer") == ["Moved from Jaswinder Bell to Marcia Thornton-Clarke"]


@pytest.mark.parametrize(
    ("who", "reason", "field"),
    [
        ("officer@blaby.example", "Again", "officer"),
        ("officer@charnwood.example", "Theirs", "officer"),
        ("supervisor@blaby.example", " ", "reason"),
    ],
)
def test_a_case_is_not_moved(session, who, reason, field):
    case = factories.case(officer=officer())
    with pytest.raises(Refused) as refused:
        service.move_to_officer(actor=officer(), case=case, officer=factories.user(who), reason=reason)
    assert refused.value.field == field
    assert case.officer is officer()


def test_a_case_moved_meanwhile_is_not_moved_again_by_an_older_page(session):
    case, supervisor = factories.case(officer=officer()), factories.user("supervisor@blaby.example")
    version = case.version
    service.move_to_officer(actor=supervisor, case=case, officer=supervisor, reason="Leave.", version=version)
    with pytest.raises(Stale) as stale:
        other = factories.user("supervisor2@blaby.example")
        service.move_to_officer(actor=officer(), case=case, officer=other, reason="Load.", version=version)
    assert stale.value.sentence.startswith("Marcia Thornton-Clarke changed this")
    assert ("Officer", "Marcia Thornton-Clarke") in stale.value.theirs


# --- Who else sees it ------------------------------------------------------------------------------------------------


def test_one_click_with_a_reason_opens_the_full_view_for_the_team_for_28_days(session, at):
    at("2026-12-02 10:00")
    case = factories.case()
    assert level_for(viewer_of(charnwood()), case.id) == "headline"
    service.ask_for_full(actor=charnwood(), case=case, team=factories.team("charnwood-asb"), reason="Same man, our side.")
    assert level_for(viewer_of(charnwood()), case.id) == "full"
    assert level_for(viewer_of(factories.user("supervisor@charnwood.example")), case.id) == "full"
    assert level_for(viewer_of(factories.user("beat.officer@police.example")), case.id) == "headline"
    assert titles(case, "share") == ["Tom Ashdown opened the full view for Charnwood ASB team until Wednesday 30 December"]
    at("2026-12-30 10:00")
    assert level_for(viewer_of(charnwood()), case.id) == "headline"


@pytest.mark.parametrize("email", ["calltaker@blaby.example", "manager@blaby.example", "governance@county.example"])
def test_only_practitioners_and_supervisors_open_the_full_view(session, email):
    asker = factories.user(email)
    with pytest.raises(NotAllowed):
        service.ask_for_full(actor=asker, case=factories.case(), team=asker.holdings[0].team, reason="Curious")


def test_the_full_view_asks_for_a_reason_and_never_opens_a_restricted_case(session):
    team = factories.team("charnwood-asb")
    with pytest.raises(Refused, match="Say why"):
        service.ask_for_full(actor=charnwood(), case=factories.case(), team=team, reason=" ")
    with pytest.raises(Refused, match="restricted"):
        service.ask_for_full(actor=charnwood(), case=factories.case(restricted=True), team=team, reason="Same man.")


def test_the_owner_ends_a_share_at_once(session):
    case = factories.case()
    grant = service.share_case(actor=officer(), case=case, grantee=factories.team("charnwood-asb"), reason="Joint visit")
    with pytest.raises(NotAllowed):
        service.end_share(actor=charnwood(), case=case, grant=grant, reason="Not needed")
    service.end_share(actor=officer(), case=case, grant=grant, reason="The visit was made.")
    assert level_for(viewer_of(charnwood()), case.id) == "headline"
    with pytest.raises(Refused, match="ended already"):
        service.end_share(actor=officer(), case=case, grant=grant, reason="Again")


def test_a_team_asked_for_twice_has_one_share(session):
    case, team = factories.case(), factories.team("charnwood-asb")
    service.ask_for_full(actor=charnwood(), case=case, team=team, reason="Same man.")
    service.ask_for_full(actor=charnwood(), case=case, team=team, reason="Still the same man.")
    live = session.scalars(select(CaseGrant.reason).where(CaseGrant.case_id == case.id, CaseGrant.until > clock.now())).all()
    assert live == ["Still the same man."]


# --- One incident, counted once ----------------------------------------------------------------------------------------


def test_reports_of_one_incident_are_counted_once_and_can_be_let_go(session):
    first, second, third = (factories.report() for _ in range(3))
    assert incidents.count([first, second, third]) == 3
    incidents.link(actor=officer(), reports=[first, second])
    incidents.link(actor=officer(), reports=[second, third])
    assert incidents.count([first, second, third]) == 1
    incidents.unlink(actor=officer(), report=third)
    assert incidents.count([first, second, third]) == 2
    incidents.unlink(actor=officer(), report=first)
    assert second.incident_id is None
    assert incidents.count([first, second, third]) == 3


def test_two_linked_groups_become_one(session):
    reports = [factories.report() for _ in range(4)]
    incidents.link(actor=officer(), reports=reports[:2])
    incidents.link(actor=officer(), reports=reports[2:])
    incidents.link(actor=officer(), reports=[reports[0], reports[3]])
    assert len({report.incident_id for report in reports}) == 1


def test_what_is_not_linked(session):
    report = factories.report()
    with pytest.raises(Refused, match="at least two"):
        incidents.link(actor=officer(), reports=[report, report])
    with pytest.raises(Refused, match="was withdrawn"):
        incidents.link(actor=officer(), reports=[report, factories.report(state="withdrawn", triaged_at=clock.now())])
    with pytest.raises(NotAllowed):
        incidents.link(actor=officer(), reports=[report, factories.report(team_slug="charnwood-asb")])
    with pytest.raises(Refused, match="is not linked"):
        incidents.unlink(actor=officer(), report=report)


def test_a_withdrawn_report_is_no_incident(session):
    assert incidents.count([factories.report(state="withdrawn", triaged_at=clock.now())]) == 0


# --- Safeguarding ----------------------------------------------------------------------------------------------------


def test_a_safeguarding_referral_is_recorded_once_by_name(session):
    report = report_taken(detail={"safeguarding": "yes", "safeguarding_by": clock.now()})
    with pytest.raises(Refused, match="Say who made the referral"):
        service.record_safeguarding(actor=officer(), report=report, done_by=" ")
    service.record_safeguarding(actor=officer(), report=report, done_by="Jaswinder Bell, to First Response")
    assert report.detail.safeguarding_done_at is not None
    assert titles(report, "safeguarding") == ["Safeguarding referral made: Jaswinder Bell, to First Response"]
    with pytest.raises(Refused, match="not waiting"):
        service.record_safeguarding(actor=officer(), report=report, done_by="Again")
