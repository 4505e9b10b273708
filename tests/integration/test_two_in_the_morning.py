"""Sunday 6 December 2026, ten past two at night: a call taker screens somebody as high risk. Who hears, at that minute, and how."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from sentinel.access import rota
from sentinel.access.models import Absence, Duty, RoleHeld, User
from sentinel.alerts.models import Alert, Telling
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.post.models import Outbox
from tests import factories as make
from tests.integration.page_read import words
from tests.integration.promise_made import HIGH, STANDARD, report_taken, victim

SUPERVISOR, SECOND = "supervisor@blaby.example", "supervisor2@blaby.example"
MANAGER, GOVERNANCE = "manager@blaby.example", "governance@county.example"
NIGHT = datetime(2026, 12, 6, 2, 10, tzinfo=UTC)  # winter: London's time is UTC's


@pytest.fixture(autouse=True)
def at_night(session):
    clock.freeze(NIGHT)


def on_duty(email: str, starts: datetime = NIGHT - timedelta(hours=9), ends: datetime = NIGHT + timedelta(hours=7)) -> None:
    db.session.add(Duty(team_id=make.team().id, user_id=make.user(email).id, starts_at=starts, ends_at=ends))
    db.session.flush()


def screened_high():
    """The report as it is taken: everything in one transaction."""
    return victim(report_taken(HIGH))


def told(party) -> dict[str, tuple[datetime, str]]:
    """By address: when they were told of the high risk, and how they hear."""
    query = (
        select(User.email, Telling.told_at, Telling.via).join(Telling, Telling.user_id == User.id).join(Alert, Alert.id == Telling.alert_id)
    )
    rows = db.session.execute(query.where(Alert.trigger_key == "high_risk", Alert.party_id == party.id))
    return {email: (at, via) for email, at, via in rows}


def written_to() -> set[str]:
    query = select(User.email).join(Outbox, Outbox.ref_id == User.id)
    return set(db.session.scalars(query.where(Outbox.template == "alerts_now", Outbox.channel == "email", Outbox.state == "waiting")))


def test_whoever_is_on_duty_is_told_at_that_minute_in_the_system_and_by_email():
    on_duty(SECOND)
    party = screened_high()
    assert told(party)[SECOND] == (NIGHT, "now")
    assert SECOND in written_to()
    assert MANAGER not in told(party)
    assert GOVERNANCE not in told(party)


def test_with_nobody_on_duty_the_service_manager_is(client_as):
    party = screened_high()
    assert told(party)[MANAGER] == (NIGHT, "now")
    assert MANAGER in written_to()
    assert GOVERNANCE not in told(party)


@pytest.mark.parametrize("why", ["over a minute ago", "not begun", "disabled", "unvetted", "away"])
def test_a_duty_that_nobody_answers_is_nobody(why):
    person = make.user(SECOND)
    if why == "over a minute ago":
        on_duty(SECOND, ends=NIGHT - timedelta(minutes=1))
    elif why == "not begun":
        on_duty(SECOND, starts=NIGHT + timedelta(minutes=1))
    else:
        on_duty(SECOND)
    if why == "disabled":
        person.disabled_at = NIGHT - timedelta(days=1)
    elif why == "unvetted":
        person.vetted_until = datetime(2026, 12, 5, tzinfo=UTC).date()
    elif why == "away":
        db.session.add(Absence(user_id=person.id, starts_on=NIGHT.date(), ends_on=NIGHT.date()))
    db.session.flush()
    assert MANAGER in told(screened_high())


def test_without_a_service_manager_governance_is_told():
    held = select(RoleHeld).where(RoleHeld.role == "service_manager", RoleHeld.user_id == make.user(MANAGER).id)
    db.session.delete(db.session.scalars(held).one())
    db.session.flush()
    party = screened_high()
    assert told(party)[GOVERNANCE] == (NIGHT, "now")
    assert GOVERNANCE in written_to()


def test_by_day_the_service_manager_is_left_out():
    clock.freeze(datetime(2026, 12, 7, 10, 0, tzinfo=UTC))
    assert set(told(screened_high())) == {SUPERVISOR, SECOND}


def test_a_risk_that_is_not_high_wakes_nobody():
    on_duty(SECOND)
    report_taken(STANDARD)
    assert written_to() == set()


# --- the rota -----------------------------------------------------------------------------------------------------------


def gaps() -> list[tuple[str, str]]:
    db.session.flush()
    found = rota.gaps([make.team()], 7)
    return [(f"{gap.starts_at.astimezone(UTC):%a %H:%M}", f"{gap.ends_at.astimezone(UTC):%a %H:%M}") for gap in found]


def hour(day: int, n: int) -> datetime:
    return datetime(2026, 12, day, n, tzinfo=UTC)


def test_the_coming_week_without_a_rota_is_one_gap():
    assert gaps() == [("Sun 02:10", "Sun 02:10")]


def test_gaps_are_what_no_duty_covers_and_touching_duties_leave_none():
    on_duty(SECOND, starts=NIGHT - timedelta(hours=1), ends=hour(7, 9))
    on_duty(SUPERVISOR, starts=hour(7, 9), ends=hour(8, 9))
    on_duty(SUPERVISOR, starts=hour(8, 17), ends=hour(12, 9))
    assert gaps() == [("Tue 09:00", "Tue 17:00"), ("Sat 09:00", "Sun 02:10")]


def test_somebody_who_cannot_sign_in_covers_nothing():
    on_duty(SECOND, starts=NIGHT - timedelta(hours=1), ends=hour(20, 9))
    assert gaps() == []
    make.user(SECOND).disabled_at = NIGHT
    assert gaps() == [("Sun 02:10", "Sun 02:10")]


def test_a_gap_is_said_on_the_board_and_on_the_page_of_duties(client_as):
    on_duty(SECOND, starts=NIGHT - timedelta(hours=1), ends=hour(7, 9))
    on_duty(SUPERVISOR, starts=hour(7, 17), ends=hour(20, 9))
    db.session.commit()
    client = client_as(SUPERVISOR)
    for page in ("/board", "/board/duty"):
        assert "Nobody is on duty from Monday 7 December, 9am to Monday 7 December, 5pm." in words(client.get(page)), page
    assert "Nobody is on duty from Monday 7 December, 9am" in words(client_as(MANAGER).get("/board"))
