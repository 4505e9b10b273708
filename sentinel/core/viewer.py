"""Who is looking. Set once for a request or a task; told to the database at the start of every transaction.

`after_begin` is the only moment that works: settings made earlier are lost with the connection's last transaction,
and an ended SET LOCAL leaves '' behind on a pooled connection (design: core.md 8).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID

from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session, SessionTransaction

from sentinel.core import clock


@dataclass(frozen=True)
class Viewer:
    """A person (or a named part of the system) and what decides what they may see.

    `casework_partner_ids`: the partners for whom they are a practitioner or supervisor.
    """

    actor: str
    user_id: UUID | None = None
    partner_ids: frozenset[UUID] = frozenset()
    casework_partner_ids: frozenset[UUID] = frozenset()
    team_ids: frozenset[UUID] = frozenset()
    roles: frozenset[str] = frozenset()
    may_see_headlines: bool = False
    request_id: str = ""
    authority: str = ""
    roles_by_team: tuple[tuple[str, UUID], ...] = field(default=())

    def has(self, *roles: str) -> bool:
        """Does this viewer hold any of these roles, in any team?"""
        return bool(self.roles.intersection(roles))

    @property
    def grantees(self) -> list[UUID]:
        """Everything a case may be granted to that this viewer is."""
        return [*self.partner_ids, *self.team_ids, *([self.user_id] if self.user_id else [])]


NOBODY = Viewer(actor="nobody")

_current: ContextVar[Viewer] = ContextVar("viewer", default=NOBODY)


def system(name: str) -> Viewer:
    """The viewer of a task, a command or sign-in: recorded as `system:<name>`."""
    return Viewer(actor=f"system:{name}")


def current() -> Viewer:
    """The viewer of this request or task."""
    return _current.get()


def become(session: Session, viewer: Viewer) -> None:
    """Make `viewer` the one who is looking. Refused in the middle of a transaction."""
    if session.in_transaction():
        raise RuntimeError("The viewer cannot change in the middle of a transaction: end it first.")
    _current.set(viewer)


def reset() -> None:
    """Nobody is looking."""
    _current.set(NOBODY)


@contextmanager
def acting_as(viewer: Viewer) -> Iterator[Viewer]:
    """Look as `viewer` for a while (commands, tasks, tests). Begin and end outside a transaction."""
    token = _current.set(viewer)
    try:
        yield viewer
    finally:
        _current.reset(token)


def with_authority(authority: str) -> Viewer:
    """The present viewer, with the reason they gave for looking."""
    return replace(_current.get(), authority=authority)


# What was granted to the viewer is read and told in the same breath (migration 0013). Compiling costs the sweep's statements over
# a second each and saves them nothing (measured with 20,000 cases: 10 s against 1.3 s).
_TELL = text(
    """SELECT tell_viewer(CAST(:user AS uuid), CAST(:partners AS uuid[]), CAST(:works AS uuid[]), CAST(:teams AS uuid[]), :roles, :headline,
       :actor, :authority, :request, CAST(:frozen AS timestamptz)), set_config('jit', 'off', true)"""
)


def _told(viewer: Viewer) -> dict[str, object]:
    return {
        "user": viewer.user_id,
        "partners": list(viewer.partner_ids),
        "works": list(viewer.casework_partner_ids),
        "teams": list(viewer.team_ids),
        "roles": ",".join(sorted(viewer.roles)),
        "headline": viewer.may_see_headlines,
        "actor": viewer.actor,
        "authority": viewer.authority,
        "request": viewer.request_id,
        "frozen": clock.frozen(),
    }


def tell_again(session: Session) -> None:
    """What was granted in this transaction counts at once, not from the next one on."""
    session.flush()
    session.execute(_TELL, _told(_current.get()))


@event.listens_for(Session, "after_begin")
def _tell_the_database(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if transaction.nested:
        return
    row = connection.execute(_TELL, _told(_current.get())).one()
    clock.set_offset(row[0] or timedelta())
