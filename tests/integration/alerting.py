"""What tests of alerts stand on: victims with promises, who was told what, and the letters as they would be sent."""

from datetime import timedelta

from sqlalchemy import select, text, update

from sentinel.access import queries as people
from sentinel.access.models import User
from sentinel.alerts.models import Alert, Telling
from sentinel.cases.models import CaseClock
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.post.letters import Message
from sentinel.post.models import Outbox
from sentinel.victims.promises import make_promise
from sentinel.victims.service import log_contact
from tests import factories as make

OFFICER, SUPERVISOR, SECOND, MANAGER = (f"{who}@blaby.example" for who in ("officer", "supervisor", "supervisor2", "manager"))
GOVERNANCE = "governance@county.example"
DONE = "Spoke to her."


def sign_everybody_in():
    """So that nobody is thought to be away."""
    db.session.execute(text("UPDATE app_user SET last_seen_at = '2027-06-01'"))
    db.session.commit()


def victim(klass="standard", **more):
    """A victim on a case where something is entered every day, so that only promises fall due."""
    case = make.case(officer=make.user(), **more)
    db.session.execute(update(CaseClock).where(CaseClock.case_id == case.id).values(last_entry_at=clock.now() + timedelta(days=400)))
    return make.party(on=case, who=make.person(f"Victim {new_id()}"), klass=klass)


def promised(party, kind="cadence"):
    return make_promise(party=party, kind=kind, cause_id=new_id(), starts_at=clock.now())


def spoke_to(party):
    about = {"channel": "phone", "direction": "out", "outcome": "reached", "note": DONE, "covers": ("cadence",)}
    log_contact(actor=make.user(), party=party, occurred_at=clock.now(), **about)


def told(promise, via=None):
    query = select(User.email, Telling.step).join(Telling, Telling.user_id == User.id).join(Alert, Alert.id == Telling.alert_id)
    query = query.where(Alert.subject_id == promise.id)
    return {tuple(row) for row in db.session.execute(query.where(Telling.via == via) if via else query)}


def alert_of(subject_id):
    return db.session.scalars(select(Alert).where(Alert.subject_id == subject_id).order_by(Alert.id.desc()).limit(1)).one()


def outbox(template):
    return list(db.session.scalars(select(Outbox).where(Outbox.template == template).order_by(Outbox.id)))


def letter_to(email, template, words):
    """The letter as the worker would write it now."""
    row = next(row for row in outbox(template) if row.ref_id == make.user(email).id)
    return words(Message(row.id, row.dedupe_key, row.channel, row.template, row.ref_table, row.ref_id, 1))


def with_roles(email):
    return people.with_roles(make.user(email).id)


def as_keeper(email):
    return people.viewer_of(with_roles(email))
