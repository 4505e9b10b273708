"""What tests of restricted cases stand on: a case with its people, restricted by the verb; a door opened in an emergency."""

from contextlib import contextmanager

from sqlalchemy import select

from sentinel.access import queries as people
from sentinel.access.models import User
from sentinel.alerts.models import Alert, Telling
from sentinel.cases import emergency, restricting
from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.people.models import PersonContact
from tests import factories as make

OFFICER, SUPERVISOR, SECOND, MANAGER = (f"{who}@blaby.example" for who in ("officer", "supervisor", "supervisor2", "manager"))
TAKER, STRANGER, STRANGERS_SUPERVISOR = "calltaker@blaby.example", "officer@charnwood.example", "supervisor@charnwood.example"
GOVERNANCE, INFORMATION, LANDLORD = "governance@county.example", "information@county.example", "housing@landlord.example"
BEAT = "beat.officer@police.example"
NAME, PHONE = "Wilhelmina Featherstonehaugh", "07700 900555"
WHY = "The named people are away and the victim has rung in fear."


def who(email):
    """Somebody with what they hold."""
    return people.with_roles(make.user(email).id)


def as_(email):
    """The viewer somebody is."""
    return people.viewer_of(who(email))


def restricted(*named, officer=OFFICER, report=True, place=None, **more):
    """A case restricted by Blaby's supervisor to these and themselves, with a report, a victim with a telephone, somebody alleged."""
    case = make.case(officer=make.user(officer), place_id=place, title="Threats to a member of staff", level="high", **more)
    person = make.person(NAME)
    db.session.add(PersonContact(person_id=person.id, kind="phone", value=PHONE, value_key="+447700900555", added_at=case.opened_at))
    at = case.opened_at
    decided = {"state": "opened", "case_id": case.id, "triaged_at": at, "screened_at": at, "place_id": place}
    on = make.report(**decided) if report else case
    make.party(on=on, who=person, level="high")
    make.party(on=on, who=make.person("Ebenezer Thistlethwaite"), role="alleged")
    db.session.expire_all()
    restricting.restrict_case(actor=who(SUPERVISOR), case=case, named=[make.user(one) for one in named or (OFFICER,)], reason="staff")
    db.session.flush()
    return case


@contextmanager
def looking(email):
    """As somebody, held to what they may see, and keeping what they do."""
    seen = as_(email)
    db.session.commit()
    with viewer.acting_as(seen):
        try:
            yield
        finally:
            db.session.commit()


def break_glass(case, email=SECOND, reason=WHY):
    """Open a restricted case as somebody who is not named; None when nothing was opened."""
    typed = case.reference
    with looking(email):
        emergency.open_in_emergency(actor=who(email), typed=typed, reason=reason)
    return next(iter(emergency.openings(case)), None)


def told_of(trigger, subject=None):
    """The addresses of everybody told of an alert of this trigger."""
    query = select(User.email).join(Telling, Telling.user_id == User.id).join(Alert, Alert.id == Telling.alert_id)
    query = query.where(Alert.trigger_key == trigger)
    return set(db.session.scalars(query.where(Alert.subject_id == subject) if subject else query))


def open_alerts(trigger):
    """Subjects of the open alerts of a trigger."""
    return set(db.session.scalars(select(Alert.subject_id).where(Alert.trigger_key == trigger, Alert.closed_at.is_(None))))
