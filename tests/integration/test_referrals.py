"""Victim First: one open referral per person, held where it must be, moved by the agency, never lost."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from sentinel.cases.events import ReportTriaged, SafeToApproach
from sentinel.cases.models import CaseEvent, Party
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, NotFound, Refused
from sentinel.core.events import publish
from sentinel.post.models import Outbox
from sentinel.referrals import following, queries, service, states
from sentinel.referrals.models import EpisodeReferral, Referral, ReferralEvent
from sentinel.risk import service as assessing
from tests import factories
from tests.integration.risk_made import FULL_HIGH, WHY, assess, close, take, victim_on_case, victim_on_report

SUPERVISOR, WORKER = "supervisor@blaby.example", "worker@victimfirst.example"


def only() -> Referral:
    """The one referral there is."""
    return db.session.scalars(select(Referral)).one()


def sent(channel: str) -> list[Outbox]:
    """What stands in the outbox by this channel."""
    return list(db.session.scalars(select(Outbox).where(Outbox.channel == channel).order_by(Outbox.id)))


def high(consent: str = "given", **detail: object) -> Party:
    """A victim who has just become high risk."""
    party = victim_on_case()
    party.detail.consent_victim_first = consent
    for name, value in detail.items():
        setattr(party.detail, name, value)
    db.session.flush()
    assess(party, "high")
    return party


def as_vf():
    """Victim First's worker as a viewer."""
    from sentinel.access.queries import viewer_of, with_roles

    return viewer_of(with_roles(factories.user(WORKER).id))


def test_a_victim_who_becomes_high_is_referred_with_the_reasons(session, at):
    at("2026-12-02 11:02")
    party = high()
    found = only()
    assert (found.state, found.consent, found.why, found.case_id) == ("open", "given", WHY, party.case_id)
    assert found.person_id == party.person_id
    assert [event.kind for event in queries.events_of([found.id])[found.id]] == ["open"]


def test_its_times_are_one_working_day_48_and_72_hours_by_the_clock(session, at):
    at("2026-12-04 17:30")  # a Friday evening
    high()
    found = only()
    said = [clock.london(moment).strftime("%a %d %b %H:%M") for moment in (found.acknowledge_by, found.contact_by, found.escalate_by)]
    assert said == ["Mon 07 Dec 17:00", "Sun 06 Dec 17:30", "Mon 07 Dec 17:30"]


@pytest.mark.parametrize("consent", ["given", "not_asked", "unsafe_to_ask"])
def test_it_is_sent_when_consent_was_given_or_could_not_be_asked(session, consent):
    high(consent)
    assert only().state == "open"


@pytest.mark.parametrize(
    ("detail", "why"),
    [
        ({"consent": "refused"}, "Consent was refused"),
        ({"hidden_from_agencies": True}, "not to be named to other agencies"),
        ({"may_not_know": True}, "may not know"),
    ],
)
def test_it_is_held_for_a_supervisor_and_nothing_leaves_the_building(session, at, detail, why):
    at("2026-12-02 11:02")
    party = high(**detail)
    found = only()
    assert found.state == "held"
    assert why in (service.why_held(party) or "")
    assert clock.london(found.decide_by).strftime("%d %b %H:%M") == "03 Dec 17:00"
    assert found.contact_by is None
    assert not db.session.scalar(select(func.count(Outbox.id)).where(Outbox.dedupe_key.startswith("referral:")))


def test_a_restricted_case_is_held_too(session):
    party = victim_on_case(restricted=True)
    assess(party, "high")
    assert only().state == "held"


def test_a_supervisor_may_send_a_held_one_for_a_reason_and_its_times_count_from_then(session, at):
    at("2026-12-02 11:02")
    high("refused")
    at("2026-12-03 09:00")
    service.decide_held(actor=factories.user(SUPERVISOR), referral=only(), send_it=True, reason="Her life is in danger.")
    found = only()
    assert (found.state, found.decision_reason, found.consent) == ("open", "Her life is in danger.", "refused")
    assert clock.london(found.contact_by).strftime("%d %b %H:%M") == "05 Dec 09:00"
    assert len(sent("in_system")) == 1


def test_a_supervisor_may_respect_the_refusal_and_it_is_never_sent(session):
    high("refused")
    service.decide_held(actor=factories.user(SUPERVISOR), referral=only(), send_it=False, reason="She has family with her.")
    assert only().state == "withdrawn"
    assert sent("in_system") == []
    assert queries.queue(as_vf()) == []


def test_deciding_needs_a_supervisor_a_reason_and_a_held_referral(session):
    high("refused")
    with pytest.raises(NotAllowed):
        service.decide_held(actor=factories.user(), referral=only(), send_it=True, reason="Because.")
    with pytest.raises(Refused, match="Say why"):
        service.decide_held(actor=factories.user(SUPERVISOR), referral=only(), send_it=True, reason=" ")
    service.decide_held(actor=factories.user(SUPERVISOR), referral=only(), send_it=True, reason="Because.")
    with pytest.raises(Refused, match="decided already"):
        service.decide_held(actor=factories.user(SUPERVISOR), referral=only(), send_it=True, reason="Because.")


def test_when_it_is_safe_to_approach_a_referral_held_for_that_alone_goes(session):
    party = high(may_not_know=True)
    party.detail.safe_to_approach_by = factories.user().id
    db.session.flush()
    publish(SafeToApproach(party, factories.user()))
    assert only().state == "open"


def test_when_it_is_safe_to_approach_one_also_refused_stays_held(session):
    party = high("refused", may_not_know=True)
    party.detail.safe_to_approach_by = factories.user().id
    db.session.flush()
    publish(SafeToApproach(party, factories.user()))
    assert only().state == "held"


def test_a_person_nobody_knows_is_not_referred_and_the_reason_is_kept(session):
    party = high(hidden_from_us=True)
    assert db.session.scalars(select(Referral)).all() == []
    row = db.session.scalars(select(EpisodeReferral)).one()
    assert (row.referral_id, row.reason) == (None, following.UNKNOWN)
    assert queries.not_made(party.case)[0][1] == following.UNKNOWN


def test_another_case_of_the_same_person_becomes_an_update(session):
    first = high()
    case = factories.case()
    second = factories.party(on=case, who=first.person)
    assess(second, "high")
    found = only()
    assert found.party_id == first.id
    assert [event.kind for event in queries.events_of([found.id])[found.id]] == ["update", "open"]
    assert len(db.session.scalars(select(EpisodeReferral).where(EpisodeReferral.referral_id == found.id)).all()) == 2
    assert [one.id for one in queries.of_case(case)] == [found.id]


def test_a_merged_record_of_the_same_person_counts_as_the_same(session):
    first = high()
    twin = factories.person("N Khan")
    twin.canonical_id = first.person_id
    second = factories.party(on=factories.case(), who=twin)
    db.session.flush()
    assess(second, "high")
    assert only().person_id == first.person_id


def test_a_further_high_assessment_inside_the_episode_is_an_update_not_a_second_referral(session):
    party = high()
    assess(party, "high", FULL_HIGH, rationale="He kicked the door in.")
    found = only()
    newest = queries.events_of([found.id])[found.id][0]
    assert newest.kind == "update"
    assert "He kicked the door in." in newest.note
    assert len(sent("in_system")) == 2


def test_after_it_was_closed_a_new_episode_is_a_new_referral(session):
    party = high()
    service.move(referral=only(), kind="closed", actor=factories.user(WORKER), note="Supported.")
    close(party.case)
    other = factories.party(on=factories.case(), who=party.person)
    assess(other, "high")
    assert sorted(one.state for one in db.session.scalars(select(Referral))) == ["closed", "open"]


def test_when_the_risk_is_no_longer_high_a_held_one_is_withdrawn_and_an_open_one_is_told(session):
    held, told = high("refused"), high()
    for party in (held, told):
        lowering = assess(party, "medium")
        assessing.agree_lowering(actor=factories.user(SUPERVISOR), assessment=lowering)
    by_party = {one.party_id: one for one in db.session.scalars(select(Referral))}
    assert by_party[held.id].state == "withdrawn"
    assert by_party[told.id].state == "open"
    assert "No longer treated as high risk" in queries.events_of([by_party[told.id].id])[by_party[told.id].id][0].note


def test_a_later_event_implies_the_earlier_ones(session):
    high()
    service.move(referral=only(), kind="contacted", actor=factories.user(WORKER), note="Spoke to her.")
    found = only()
    assert (found.state, found.acknowledged_at, found.worker_id) == ("contacted", found.contacted_at, factories.user(WORKER).id)


def test_an_event_behind_the_present_state_changes_nothing(session):
    high()
    service.move(referral=only(), kind="accepted", actor=factories.user(WORKER))
    assert service.move(referral=only(), kind="acknowledged", actor=factories.user(WORKER)) is False
    assert only().state == "accepted"
    assert db.session.scalar(select(func.count(ReferralEvent.id))) == 2


def test_the_same_event_id_counts_once_and_belongs_to_one_referral(session):
    high()
    found = only()
    assert service.move(referral=found, kind="acknowledged", actor=None, event_id="vf-1", by_name="Victim First's system")
    assert not service.move(referral=found, kind="closed", actor=None, event_id="vf-1", by_name="Victim First's system")
    assert found.state == "acknowledged"
    service.move(referral=found, kind="closed", actor=None, event_id="vf-2")
    high()
    other = db.session.scalars(select(Referral).where(Referral.state == "open")).one()
    with pytest.raises(Refused, match="another referral"):
        service.move(referral=other, kind="closed", actor=None, event_id="vf-2")


def test_what_cannot_follow_is_refused_with_what_can(session):
    high()
    service.move(referral=only(), kind="declined", actor=factories.user(WORKER), note="Already supported.")
    with pytest.raises(states.ImpossibleMoveError) as impossible:
        service.move(referral=only(), kind="accepted", actor=factories.user(WORKER))
    assert impossible.value.allowed == ()


def test_every_move_is_a_line_in_the_story_of_the_case(session):
    party = high()
    service.log_contact(actor=factories.user(WORKER), referral=only(), reached=True, channel="phone", note="Door alarm fitted.")
    titles = db.session.scalars(
        select(CaseEvent.title).where(CaseEvent.case_id == party.case_id, CaseEvent.kind == "referral").order_by(CaseEvent.id)
    ).all()
    assert titles == [
        "Referred to Victim First",
        "Victim First acknowledged the referral",
        "Victim First reached Nasreen Khan-Abdullahi",
    ]


def test_an_attempt_leaves_the_48_hours_running(session):
    high()
    service.log_contact(actor=factories.user(WORKER), referral=only(), reached=False, channel="phone", note="No answer.")
    assert (only().state, only().contacted_at) == ("acknowledged", None)


def test_a_contact_to_come_or_before_the_referral_is_refused_at_its_field(session):
    high()
    for when, words in ((timedelta(hours=1), "still to come"), (timedelta(days=-1), "before the referral")):
        with pytest.raises(Refused, match=words) as refused:
            service.log_contact(
                actor=factories.user(WORKER), referral=only(), reached=True, channel="phone", note="Spoke.", at=clock.now() + when
            )
        assert refused.value.field == "when"


def test_a_contact_in_the_very_minute_of_the_referral_counts(session, at):
    at("2026-12-02 11:02:40")
    high()
    minute = at("2026-12-02 11:02")
    at("2026-12-02 11:02:55")
    service.log_contact(actor=factories.user(WORKER), referral=only(), reached=True, channel="phone", note="Spoke.", at=minute)
    assert only().contacted_at == only().referred_at


def test_the_agency_does_not_work_on_a_held_or_ended_referral(session):
    high("refused")
    with pytest.raises(Refused):
        service.add_update(actor=factories.user(WORKER), referral=only(), note="Hello")


def test_an_agency_sees_its_own_until_28_days_after_the_end(session, at):
    at("2026-12-01 10:00")
    high()
    found = only()
    service.move(referral=found, kind="closed", actor=factories.user(WORKER), note="Supported.")
    at("2026-12-29 09:59")
    assert queries.referral_for(as_vf(), found.id).id == found.id
    at("2026-12-29 10:01")
    assert queries.queue(as_vf()) == []
    with pytest.raises(NotFound):
        queries.referral_for(as_vf(), found.id)


def test_nobody_else_sees_the_agencys_queue_and_a_held_one_is_in_nobodys(session):
    from sentinel.access.queries import viewer_of, with_roles

    high("refused")
    high()
    officer = viewer_of(with_roles(factories.user().id))
    assert queries.queue(officer) == []
    assert [one.state for one in queries.queue(as_vf())] == ["open"]


def test_at_triage_a_referral_goes_with_its_report_to_the_case(session):
    party = victim_on_report()
    take(party.report, raised_to="high")
    found = only()
    assert (found.case_id, found.report_id) == (None, party.report_id)
    case = factories.case()
    party.report.state, party.report.case_id, party.report.triaged_at, party.case_id = "opened", case.id, clock.now(), case.id
    party.detail.case_id = case.id
    db.session.flush()
    db.session.expire_all()
    publish(ReportTriaged(party.report, "opened", "risk", factories.user()))
    assert only().case_id == case.id


def test_what_failed_is_sent_again_under_the_same_key(session):
    high()
    message = sent("in_system")[0]
    key = message.dedupe_key
    with pytest.raises(Refused, match="nothing to send again"):
        service.resend(actor=factories.user(), referral=only())
    message.state, message.failed_at, message.attempts = "failed", clock.now(), 8
    db.session.flush()
    assert service.resend(actor=factories.user(), referral=only()) == 1
    db.session.refresh(message)
    assert (message.state, message.attempts, message.dedupe_key) == ("waiting", 0, key)


# --- One person in two cases -----------------------------------------------------------------------------------------


def again(who: Party, *, rationale: str = "Her other neighbour broke her windows.", **case: object) -> Party:
    """The same person becomes high risk in another case, Charnwood's."""
    second = factories.party(on=factories.case(team_slug="charnwood-asb", **case), who=who.person)
    assess(second, "high", rationale=rationale, actor=factories.user("officer@charnwood.example"))
    return second


def stories(case_id) -> list[str]:
    """What the referral lines of a case say, words and all."""
    rows = db.session.execute(select(CaseEvent.title, CaseEvent.body).where(CaseEvent.case_id == case_id, CaseEvent.kind == "referral"))
    return [f"{title} {body}" for title, body in rows]


def test_the_words_of_one_case_do_not_reach_the_story_or_the_referral_page_of_another(session):
    first = high()
    second = again(first)
    assess(second, "high", rationale="Her other neighbour hit her.", actor=factories.user("officer@charnwood.example"))
    found = only()
    told = " ".join(event.note or "" for event in queries.events_of([found.id])[found.id])
    assert "held by Charnwood ASB team" in told
    assert "neighbour broke" not in told + " ".join(stories(first.case_id))
    assert "neighbour hit" not in told + " ".join(stories(first.case_id))
    assert "Victim First were told of a change" in " ".join(stories(second.case_id))
    assert queries.assessment_of(found).rationale == "Her other neighbour hit her.", "Victim First read the newest reasons on their card"


def test_a_restricted_case_adds_nothing_to_a_referral_that_is_open_already(session):
    first = high()
    second = again(first, restricted=True)
    found = only()
    assert [event.kind for event in queries.events_of([found.id])[found.id]] == ["open"]
    assert queries.assessment_of(found).party_id == first.id
    assert following.HAVE_THEM in queries.not_made(second.case)[0][1]


def test_a_refusal_that_waits_is_over_when_the_same_person_agrees_in_a_later_report(session):
    first = high("refused")
    second = factories.party(on=factories.case(), who=first.person)
    second.detail.consent_victim_first = "given"
    db.session.flush()
    assess(second, "high")
    found = only()
    assert (found.state, found.party_id, found.consent) == ("open", second.id, "given")
    assert len(sent("in_system")) == 1


def test_a_held_referral_stays_while_another_episode_still_needs_it(session):
    first = high("refused")
    second = factories.party(on=factories.case(), who=first.person)
    second.detail.consent_victim_first = "refused"
    db.session.flush()
    assess(second, "high")
    close(first.case)
    assert only().state == "held"
    close(second.case)
    assert only().state == "withdrawn"
