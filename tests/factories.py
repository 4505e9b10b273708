"""The partnership every test starts from, and short ways to make reports, parties and cases by hand."""

from datetime import date, datetime, timedelta
from functools import cache
from itertools import count
from typing import Any

from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import Session

from sentinel.access.models import Partner, RoleHeld, Team, User
from sentinel.access.service import hash_password
from sentinel.cases.models import Case, CaseClock, CaseDetail, Party, PartyDetail, Report, ReportDetail
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.people.models import Person

PASSWORD = "correct horse battery staple"
FAR = date(2036, 12, 31)
_numbers = count(1)

# slug: name, kind, ONS code; teams: slug, name, partner; people: e-mail, name, (role, team)
PARTNERS = [
    ("blaby", "Blaby District Council", "district", "E07000129"),
    ("charnwood", "Charnwood Borough Council", "district", "E07000130"),
    ("police", "Leicestershire Police", "police", None),
    ("landlord", "Soar Valley Homes", "landlord", None),
    ("victim-first", "Victim First", "support", None),
    ("county", "Leicestershire County Council", "county", None),
]
TEAMS = [
    ("blaby-customer-services", "Customer services, Blaby", "blaby"),
    ("blaby-asb", "Blaby ASB team", "blaby"),
    ("charnwood-asb", "Charnwood ASB team", "charnwood"),
    ("police-beat", "Neighbourhood policing", "police"),
    ("landlord-housing", "Housing, Soar Valley Homes", "landlord"),
    ("victim-first", "Victim First", "victim-first"),
    ("governance", "Partnership governance", "county"),
]
PEOPLE = [
    ("calltaker@blaby.example", "Aisling Byrne", "call_taker", "blaby-customer-services"),
    ("officer@blaby.example", "Jaswinder Bell", "practitioner", "blaby-asb"),
    ("supervisor@blaby.example", "Marcia Thornton-Clarke", "supervisor", "blaby-asb"),
    ("supervisor2@blaby.example", "Gethin Rees", "supervisor", "blaby-asb"),
    ("manager@blaby.example", "Rajesh Vaghela", "service_manager", "blaby-asb"),
    ("admin@blaby.example", "Olamide Adeyemi", "local_admin", "blaby-asb"),
    ("officer@charnwood.example", "Tom Ashdown", "practitioner", "charnwood-asb"),
    ("supervisor@charnwood.example", "Priya Raman", "supervisor", "charnwood-asb"),
    ("beat.officer@police.example", "Amara Nwosu", "practitioner", "police-beat"),
    ("housing@landlord.example", "Dawn Achterberg", "landlord", "landlord-housing"),
    ("worker@victimfirst.example", "Siobhán Ó Dálaigh", "victim_first", "victim-first"),
    ("analyst@county.example", "Li Wen", "analyst", "governance"),
    ("governance@county.example", "Harriet Oduya", "governance", "governance"),
    ("information@county.example", "Emrys Pugh", "information_officer", "governance"),
]


@cache
def _password_hash() -> str:
    return hash_password(PASSWORD)


def seed(database_url: str) -> None:
    """Put the partnership into a migrated database."""
    engine = create_engine(database_url)
    with Session(engine) as session:
        session.execute(text("SELECT set_config('sentinel.actor', 'system:test', true)"))
        session.execute(
            text("INSERT INTO district (code, name, in_area) VALUES ('E07000129', 'Blaby', true), ('E07000130', 'Charnwood', true)")
        )
        partners = {
            slug: Partner(slug=slug, name=name, kind=kind, district_code=code, agreement_until=FAR) for slug, name, kind, code in PARTNERS
        }
        session.add_all(partners.values())
        session.flush()
        teams = {slug: Team(slug=slug, name=name, partner_id=partners[partner].id, phone="0116 496 0201") for slug, name, partner in TEAMS}
        session.add_all(teams.values())
        session.flush()
        for email, name, role, team in PEOPLE:
            person = User(email=email, name=name, partner_id=teams[team].partner_id, password_hash=_password_hash(), vetted_until=FAR)
            session.add(person)
            session.flush()
            session.add(RoleHeld(user_id=person.id, team_id=teams[team].id, role=role))
        session.commit()
    engine.dispose()


def user(email: str = "officer@blaby.example") -> User:
    """One of the seeded people."""
    return db.session.scalars(select(User).where(User.email == email)).one()


def team(slug: str = "blaby-asb") -> Team:
    """One of the seeded teams."""
    return db.session.scalars(select(Team).where(Team.slug == slug)).one()


def person(name: str = "Nasreen Khan-Abdullahi", **more: Any) -> Person:
    """A person on record."""
    made = Person(name=name, name_key=name.lower(), sound_key="", created_at=clock.now(), **more)
    db.session.add(made)
    db.session.flush()
    return made


def reference() -> str:
    """A well-formed reference that no other test object has."""
    number = next(_numbers) + 500_000
    remainder = 98 - int(f"26{number:06d}00") % 97
    return f"26-{number:06d}-{remainder:02d}"


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
