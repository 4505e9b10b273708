"""What supervisors did, month by month, counted by hand: who sees it, and that nobody is left out."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from sentinel.access.queries import viewer_of, with_roles
from sentinel.alerts.models import Alert, Answer
from sentinel.cases import service
from sentinel.cases.models import CaseEvent
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import acting_as
from sentinel.desk.board_footprint import footprints, months
from sentinel.supervision import dip, reading
from sentinel.supervision import service as supervision
from sentinel.supervision.models import DipSample, SupervisionReview
from tests import factories as make
from tests.integration.page_read import words
from tests.integration.restricted_made import restricted
from tests.integration.risk_made import assess, victim_on_case
from tests.integration.test_dip_samples import FINE

SUPERVISOR, SECOND, CHARNWOOD = "supervisor@blaby.example", "supervisor2@blaby.example", "supervisor@charnwood.example"
MANAGER, GOVERNANCE = "manager@blaby.example", "governance@county.example"


def who(email: str):
    return with_roles(make.user(email).id)


def seen(email: str, month: int = 0):
    """By address, what this person is shown of a month (0: this one)."""
    person = viewer_of(who(email))
    db.session.commit()
    with acting_as(person):
        rows = footprints(*months()[month])
        db.session.rollback()
    names = {one.user_id: one for one in rows}
    return {email: names[make.user(email).id] for email in (SUPERVISOR, SECOND, CHARNWOOD, MANAGER) if make.user(email).id in names}


def review(party) -> SupervisionReview:
    query = select(SupervisionReview).where(SupervisionReview.party_id == party.id, SupervisionReview.done_at.is_(None))
    return db.session.scalars(query).one()


def test_months_are_londons_across_the_new_year_and_the_change_of_the_clocks(at):
    at("2027-01-15 10:00")
    began = [datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)]
    assert [since.astimezone(UTC) for since, _ in months()] == began
    at("2026-06-01 00:30")
    since, until = months()[0]
    assert (since.astimezone(UTC), until.astimezone(UTC)) == (datetime(2026, 5, 31, 23, tzinfo=UTC), datetime(2026, 6, 30, 23, tzinfo=UTC))


def test_reviews_fall_due_for_the_team_and_are_recorded_by_one_in_time_or_late(session, at):
    at("2026-11-30 11:00")  # due Tuesday 1 December, 5pm: in December
    first, second = victim_on_case(), victim_on_case()
    for party in (first, second):
        assess(party, "high")
    at("2026-12-01 16:59")
    supervision.sign_review(actor=who(SUPERVISOR), review=review(first), note="Right.")
    at("2026-12-02 09:00")
    supervision.sign_review(actor=who(SUPERVISOR), review=review(second), note="Late, and right.")
    found = seen(MANAGER)
    # the next of the two, due 15 and 16 December, fall due in this month too
    counts = [(one.reviews_due, one.reviews_done, one.reviews_in_time) for one in (found[SUPERVISOR], found[SECOND])]
    assert counts == [(4, 2, 1), (4, 0, 0)]
    assert (found[SUPERVISOR].signed, found[SUPERVISOR].notes) == (2, 2)
    assert seen(MANAGER, month=1)[SUPERVISOR].reviews_due == 0


def test_answers_count_once_an_alert_with_the_middle_time_from_being_told(session, at):
    at("2026-12-02 09:00")
    for hours in (1, 2, 9):
        party = victim_on_case()
        at("2026-12-02 09:00")
        assess(party, "high")
        alert = db.session.scalars(select(Alert).where(Alert.trigger_key == "high_risk", Alert.party_id == party.id)).one()
        for later in (hours, hours + 5):
            clock.freeze(datetime(2026, 12, 2, 9, tzinfo=UTC) + timedelta(hours=later))
            said = {"alert_id": alert.id, "user_id": make.user(SUPERVISOR).id, "kind": "do", "reason": "Mine.", "at": clock.now()}
            db.session.add(Answer(**said))
    found = seen(MANAGER)[SUPERVISOR]
    assert (found.answered, found.middle, found.middle_words) == (3, 120.0, "2 hours")


def test_lots_drawn_and_checked_and_entries_read_are_counted_by_month(session, at):
    at("2026-11-25 10:00")
    for _ in range(4):
        case = make.case(officer=make.user())
    dip.draw_cases(actor=who(SUPERVISOR))
    samples = db.session.scalars(select(DipSample).order_by(DipSample.place)).all()
    dip.check_case(actor=who(SUPERVISOR), sample=samples[0], answers=FINE, note="")
    at("2026-12-01 09:00")
    dip.check_case(actor=who(SUPERVISOR), sample=samples[1], answers=FINE, note="")
    service.add_note(actor=make.user(), case=case, text="Rang.")
    entry = db.session.scalars(select(CaseEvent).where(CaseEvent.kind == "note")).one()
    reading.mark_read(actor=who(SUPERVISOR), case=case, entry=entry)
    reading.comment(actor=who(SUPERVISOR), case=case, entry=entry, words="Good.")
    now, before = seen(MANAGER)[SUPERVISOR], seen(MANAGER, month=1)[SUPERVISOR]
    assert (now.drawn, now.checked, now.comments) == (0, 1, 2)
    assert (before.drawn, before.checked, before.comments) == (3, 1, 0)


def test_restricted_cases_are_counted_nowhere(session, at):
    at("2026-12-02 10:00")
    secret = restricted()
    service.add_note(actor=make.user(SUPERVISOR), case=secret, text="Looked at it.")
    assert seen(MANAGER)[SUPERVISOR].notes == 0
    assert seen(SUPERVISOR)[SUPERVISOR].notes == 0


def test_each_sees_their_own_a_manager_their_partners_and_governance_everybodys(session, at):
    at("2026-12-02 10:00")
    assert set(seen(SUPERVISOR)) == {SUPERVISOR}
    assert set(seen(MANAGER)) == {SUPERVISOR, SECOND, MANAGER}
    assert set(seen(GOVERNANCE)) == {SUPERVISOR, SECOND, CHARNWOOD}
    assert set(seen("officer@charnwood.example")) == set()


def test_whoever_did_nothing_stands_on_the_page_with_nothing(client_as, at):
    at("2026-12-02 10:00")
    page = words(client_as(MANAGER).get("/board/footprints"))
    for month in ("December 2026, so far", "November 2026", "October 2026"):
        assert month in page
    assert page.count("Gethin Rees Blaby ASB team 0 0 0 0 0 of 0 drawn 0 0") == 3
    assert "Priya Raman" not in page
    assert "Priya Raman" in words(client_as(GOVERNANCE).get("/board/footprints"))
    assert "/board/footprints" in client_as(MANAGER).get("/board").text
    client_as(SUPERVISOR).get("/board/footprints", status=403)


def test_the_figures_can_be_taken_away(client_as, at):
    at("2026-12-02 10:00")
    service.add_note(actor=make.user(SUPERVISOR), case=make.case(officer=make.user()), text="Rang.")
    db.session.commit()
    answer = client_as(MANAGER).get("/board/footprints.csv")
    lines = answer.get_data(as_text=True).splitlines()
    assert lines[0].endswith("OFFICIAL-SENSITIVE")
    assert "December 2026,Marcia Thornton-Clarke,Blaby ASB team,0,0,0,0,,0,0,0,1,0" in lines
    assert len(lines) == 2 + 2 * 3
