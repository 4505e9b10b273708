"""The five things of a high episode: all or none, once per episode, added to inside it, all again in a new one.

Real commits on a database of its own; two people at once are two threads with a connection each.
"""

import threading
from collections.abc import Callable
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from sentinel.alerts.models import Alert
from sentinel.cases.models import Case, CaseEvent, Party
from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.core.errors import Stale
from sentinel.reactions import REACTIONS
from sentinel.referrals.models import EpisodeReferral, Referral, ReferralEvent
from sentinel.risk import service
from sentinel.risk.events import RiskBecameHigh
from sentinel.risk.models import Assessment, HighEpisode
from sentinel.supervision.models import MultiAgencyProposal, SupervisionReview
from sentinel.victims.models import Promise
from tests import factories
from tests.integration.risk_made import assess, close, victim_on_case

FIVE = REACTIONS[RiskBecameHigh]


def n(model: type, *conditions: object) -> int:
    """How many rows there are."""
    return db.session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0


def counted() -> dict[str, int]:
    """Everything an episode sets off."""
    return {
        "episodes": n(HighEpisode),
        "assessments": n(Assessment),
        "enhanced": n(Party, Party.klass == "enhanced"),
        "alerts": n(Alert, Alert.trigger_key == "high_risk"),
        "referrals": n(EpisodeReferral),
        "proposals": n(MultiAgencyProposal),
        "reviews": n(SupervisionReview, SupervisionReview.number == 1),
    }


NOTHING = dict.fromkeys(("episodes", "assessments", "enhanced", "alerts", "referrals", "proposals", "reviews"), 0)
ALL = NOTHING | dict.fromkeys(("episodes", "assessments", "enhanced", "alerts", "referrals", "proposals", "reviews"), 1)


@pytest.fixture
def party(real_app: Flask) -> Party:
    """A victim on an open case, committed."""
    made = victim_on_case()
    db.session.commit()
    return made


def test_all_five_follow_in_one_transaction(party):
    assess(party, "high")
    db.session.commit()
    assert counted() == ALL


def test_they_are_five_and_each_is_a_function_of_its_own():
    assert len(FIVE) == len(set(FIVE)) == 5


@pytest.mark.parametrize("broken", range(5))
def test_when_any_of_the_five_fails_nothing_of_it_stays(party, real_app, monkeypatch, broken):
    def fails(_: object) -> None:
        raise RuntimeError("The lights went out.")

    five = [*FIVE]
    five[broken] = fails
    monkeypatch.setitem(real_app.extensions, "sentinel.reactions", {**REACTIONS, RiskBecameHigh: tuple(five)})
    with pytest.raises(RuntimeError, match="lights"):
        assess(party, "high")
    db.session.rollback()
    assert counted() == NOTHING
    assert n(Referral) == n(ReferralEvent) == n(Promise) == n(CaseEvent) == 0
    assert db.session.scalars(select(Case.level)).one() is None


def test_inside_an_episode_a_further_high_assessment_adds_and_repeats_nothing(party):
    assess(party, "high")
    db.session.commit()
    assess(party, "high", rationale="He kicked the door in.")
    db.session.commit()
    assert counted() == ALL | {"assessments": 2}
    assert n(ReferralEvent, ReferralEvent.kind == "update") == 1


def test_a_new_episode_does_all_five_again(party):
    assess(party, "high")
    service.agree_lowering(actor=factories.user("supervisor@blaby.example"), assessment=assess(party, "medium"))
    db.session.commit()
    assess(party, "high")
    db.session.commit()
    assert counted() == {"episodes": 2, "assessments": 3, "enhanced": 1, "alerts": 2, "referrals": 2, "proposals": 2, "reviews": 2}
    assert n(Referral) == 1, "the referral is still open, so the second episode updates it"


def test_closing_the_case_ends_the_episode_and_its_reviews(party):
    assess(party, "high")
    close(party.case)
    db.session.commit()
    assert n(HighEpisode, HighEpisode.ended_at.is_(None)) == 0
    assert n(SupervisionReview, SupervisionReview.ended_at.is_(None)) == 0


def at_once(app: Flask, *work: Callable[[], object]) -> list[BaseException | None]:
    """Run each piece of work in a thread and a transaction of its own, all started together; what each raised."""
    gate = threading.Barrier(len(work))
    raised: list[BaseException | None] = [None] * len(work)

    def run(place: int) -> None:
        with app.app_context(), viewer.acting_as(viewer.system(f"test-{place}")):
            try:
                gate.wait(timeout=30)
                work[place]()
                db.session.commit()
            except BaseException as error:
                db.session.rollback()
                raised[place] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return raised


def _assess(key: UUID, email: str, **more: object) -> None:
    assess(db.session.get_one(Party, key), "high", actor=factories.user(email), **more)


def test_two_people_assessing_at_once_open_one_episode(party, real_app):
    key = party.id
    raised = at_once(
        real_app,
        lambda: _assess(key, "officer@blaby.example"),
        lambda: _assess(key, "supervisor@blaby.example"),
        lambda: _assess(key, "supervisor2@blaby.example"),
    )
    assert raised == [None, None, None]
    db.session.expire_all()
    assert counted() == ALL | {"assessments": 3}
    assert n(Assessment, Assessment.state == "in_force") == 1


def test_two_people_saving_the_same_page_at_once_the_second_is_shown_the_first(party, real_app):
    key = party.id
    raised = at_once(
        real_app,
        lambda: _assess(key, "officer@blaby.example", seen=None),
        lambda: _assess(key, "supervisor@blaby.example", seen=None),
    )
    assert {type(error) for error in raised} == {type(None), Stale}
    db.session.expire_all()
    assert counted() == ALL


def test_the_same_person_becoming_high_in_two_cases_at_once_is_referred_once(party, real_app):
    twin = factories.party(on=factories.case(officer=factories.user()), who=party.person)
    db.session.commit()
    keys = (party.id, twin.id)
    raised = at_once(
        real_app,
        lambda: _assess(keys[0], "officer@blaby.example"),
        lambda: _assess(keys[1], "supervisor@blaby.example"),
    )
    assert raised == [None, None]
    db.session.expire_all()
    assert (n(HighEpisode), n(EpisodeReferral), n(Referral)) == (2, 2, 1)
