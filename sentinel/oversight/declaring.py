"""What a member of staff declares of themselves: people and addresses that they must not look up."""

from uuid import UUID

from sqlalchemy import select

from sentinel.access.models import User
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.core.errors import NotFound, Refused
from sentinel.oversight.models import DeclaredInterest
from sentinel.people.keys import name_key
from sentinel.places.keys import building_key

MOST = 50
ENOUGH = f"You have declared {MOST} already. Withdraw what no longer holds."


def declared_by(user: User) -> list[DeclaredInterest]:
    """What this person has declared and not withdrawn, in the order they did."""
    mine = (DeclaredInterest.user_id == user.id, DeclaredInterest.withdrawn_at.is_(None))
    return list(db.session.scalars(select(DeclaredInterest).where(*mine).order_by(DeclaredInterest.declared_at, DeclaredInterest.id)))


def declare_person(*, actor: User, name: str, note: str = "") -> DeclaredInterest:
    """Declare a person by name. Refuses a name without letters, one declared already, and more than fifty."""
    key = name_key(name)
    if not key:
        raise Refused("Enter the name of the person, first and last.", field="name")
    if any(one.name_key == key for one in declared_by(actor)):
        raise Refused("You have declared this name already.", field="name")
    return _declare(actor, name=name, name_key=key, note=note or None)


def declare_address(*, actor: User, address: str, postcode: str, note: str = "") -> DeclaredInterest:
    """Declare a building. Refuses one declared already, and more than fifty."""
    key = building_key(address, postcode)
    if any(one.building_key == key for one in declared_by(actor)):
        raise Refused("You have declared this address already.", field="address")
    return _declare(actor, address=f"{address}, {postcode}", building_key=key, note=note or None)


def withdraw(*, actor: User, declared_id: UUID) -> None:
    """Withdraw what one declared: it stays on record that it was."""
    found = next((one for one in declared_by(actor) if one.id == declared_id), None)
    if found is None:
        raise NotFound
    found.withdrawn_at = clock.now()
    db.session.flush()


def _declare(actor: User, **values: str | None) -> DeclaredInterest:
    if len(declared_by(actor)) >= MOST:
        raise Refused(ENOUGH)
    made = DeclaredInterest(id=new_id(), user_id=actor.id, declared_at=clock.now(), **values)
    db.session.add(made)
    db.session.flush()
    return made
