"""The partnership every test starts from, and short ways to make reports, parties and cases by hand."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import select

from sentinel import create_app
from sentinel.access.models import RoleHeld, Team, User
from sentinel.cases.models import Case, CaseClock, CaseDetail, Party, PartyDetail, Report, ReportDetail
from sentinel.core import clock, viewer
from sentinel.core.db import db, new_id
from sentinel.core.reference import make as make_reference
from sentinel.people.models import Person

PASSWORD = "correct horse battery staple"
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)  # a hash as any other, in no time
_numbers = count(1)


def seed(database_url: str) -> None:
    """Put the partnership and its demonstration accounts into a migrated database."""
    from config import agreed
    from sentinel.access.partnership import keep_partners
    from sentinel.demonstration.accounts import keep_accounts
    from sentinel.places.districts import keep_districts
    from tests.conftest import configuration

    app = create_app(database_url, configuration())
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        keep_districts(agreed.current().partners)
        keep_partners(agreed.current().partners)
        keep_accounts(PASSWORD)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


def user(email: str = "officer@blaby.example") -> User:
    """One of the seeded people."""
    return db.session.scalars(select(User).where(User.email == email)).one()


def team(slug: str = "blaby-asb") -> Team:
    """One of the seeded teams."""
    return db.session.scalars(select(Team).where(Team.slug == slug)).one()


def colleague(name: str, *, role: str = "practitioner", team_slug: str = "blaby-asb") -> User:
    """Somebody more who may sign in, with one role in one team."""
    held_in, number = team(team_slug), next(_numbers)
    vetted = clock.today() + timedelta(days=365)
    made = User(email=f"colleague{number}@test.example", name=name, partner_id=held_in.partner_id, vetted_until=vetted)
    db.session.add(made)
    db.session.flush()
    db.session.add(RoleHeld(user_id=made.id, team_id=held_in.id, role=role))
    db.session.flush()
    return made


def unsupervised(team_slug: str = "melton-asb") -> Case:
    """A case that waits for a signature, in a team where an officer works and whoever supervised has left."""
    left = select(RoleHeld.user_id).join(Team, Team.id == RoleHeld.team_id).where(Team.slug == team_slug, RoleHeld.role == "supervisor")
    for person_left in db.session.scalars(select(User).where(User.id.in_(left))):
        person_left.disabled_at = clock.now()
    return case(team_slug=team_slug, officer=colleague("Perpetua Ashby-Clarke", team_slug=team_slug), state="closure_proposed")


def person(name: str = "Nasreen Khan-Abdullahi", **more: Any) -> Person:
    """A person on record."""
    made = Person(name=name, name_key=name.lower(), sound_key="", created_at=clock.now(), **more)
    db.session.add(made)
    db.session.flush()
    return made


def reference() -> str:
    """A well-formed reference that no other test object has."""
    return make_reference(2026, next(_numbers) + 500_000)


def report(*, team_slug: str = "blaby-asb", received_at: datetime | None = None, **more: Any) -> Report:
    """A received report, with its detail, not yet triaged."""
    owner = team(team_slug)
    moment = received_at or clock.now()
    values = {"channel": "phone", "received_at": moment, "taken_at": moment, "owner_partner_id": owner.partner_id, "team_id": owner.id}
    made = Report(id=new_id(), reference=reference(), **(values | more))
    db.session.add(made)
    db.session.flush()
    db.session.add(ReportDetail(report_id=made.id, what_happened="Banging on the door and shouting.", script_version="1"))
    db.session.flush()
    return made


def case(*, team_slug: str = "blaby-asb", officer: User | None = None, **more: Any) -> Case:
    """An open case, with its detail and clock."""
    owner = team(team_slug)
    values = {
        "title": "Harassment by a neighbour",
        "owner_partner_id": owner.partner_id,
        "team_id": owner.id,
        "opened_at": clock.now(),
        "officer_id": officer.id if officer else None,
    }
    made = Case(id=new_id(), reference=reference(), **(values | more))
    db.session.add(made)
    db.session.flush()
    db.session.add(CaseDetail(case_id=made.id, summary=""))
    db.session.add(CaseClock(case_id=made.id, last_entry_at=clock.now()))
    db.session.flush()
    return made


def party(*, on: Report | Case, who: Person | None = None, role: str = "victim", **more: Any) -> Party:
    """A person in a role on a report or a case."""
    link = {"report_id": on.id, "case_id": on.case_id} if isinstance(on, Report) else {"case_id": on.id}
    made = Party(id=new_id(), person_id=(who or person()).id, role=role, **(link | more))
    db.session.add(made)
    db.session.flush()
    db.session.add(PartyDetail(party_id=made.id, case_id=made.case_id))
    db.session.flush()
    return made


def days(n: int) -> timedelta:
    """n days."""
    return timedelta(days=n)
