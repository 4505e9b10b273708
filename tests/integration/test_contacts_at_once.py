"""Two people log contacts with one victim at the same moment, on real connections: both stand, each promise is kept once."""

import pytest
from sqlalchemy import func, select

from sentinel.cases.models import Party
from sentinel.core.db import db
from sentinel.victims.models import Contact, Promise
from tests.integration.promise_made import contacted, victim_on_case
from tests.integration.test_case_at_once import OFFICER, SUPERVISOR, at_once


@pytest.fixture
def party_id(real_session):
    party = victim_on_case(told=False)
    real_session.commit()
    return party.id


def test_a_promise_is_kept_by_one_contact_and_the_next_is_promised(real_app, real_session, party_id):
    def log(actor):
        contacted(db.session.get_one(Party, party_id), actor=actor.email, covers=("first_contact",))

    assert at_once(real_app, (OFFICER, log), (SUPERVISOR, log)) == ["done", "done"]
    assert real_session.scalar(select(func.count()).select_from(Contact)) == 2
    first = real_session.scalars(select(Promise).where(Promise.kind == "first_contact")).one()
    assert first.state == "kept"
    open_ones = real_session.scalars(select(Promise.kind).where(Promise.party_id == party_id, Promise.state == "open")).all()
    assert open_ones == ["cadence"]


def test_a_promise_excused_while_it_is_kept_is_one_of_the_two(real_app, real_session, party_id):
    from sentinel.victims import service

    promise_id = real_session.scalars(select(Promise.id).where(Promise.kind == "first_contact")).one()
    real_session.rollback()

    def log(actor):
        contacted(db.session.get_one(Party, party_id), actor=actor.email, covers=("first_contact",))

    def waive(actor):
        promise = db.session.get_one(Promise, promise_id)
        service.waive(actor=actor, promise=promise, reason="asked_another_way", note="Through her son.")

    outcomes = at_once(real_app, (OFFICER, log), (SUPERVISOR, waive))
    assert outcomes[0] == "done"
    state = real_session.scalar(select(Promise.state).where(Promise.id == promise_id))
    assert (state, outcomes[1]) in {("kept", "Refused"), ("waived", "done")}
