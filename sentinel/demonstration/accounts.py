"""The people who can sign in to a demonstration. All invented."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from sentinel.access.credentials import hash_password, keep_hash
from sentinel.access.models import RoleHeld, Team, User
from sentinel.core.db import db

VETTING_LEVEL, VETTED_UNTIL = "NPPV1", date(2036, 12, 31)


class Account(NamedTuple):
    """Somebody of the demonstration: `label` is what the role switch calls them."""

    email: str
    name: str
    label: str
    role: str
    team: str
    phone: str = ""


ACCOUNTS = (
    Account("calltaker@blaby.example", "Aisling Byrne", "Call taker, Blaby", "call_taker", "blaby-customer-services"),
    Account("officer@blaby.example", "Jaswinder Bell", "ASB officer, Blaby", "practitioner", "blaby-asb", "0116 496 0211"),
    Account("supervisor@blaby.example", "Marcia Thornton-Clarke", "ASB supervisor, Blaby", "supervisor", "blaby-asb", "0116 496 0212"),
    Account("supervisor2@blaby.example", "Gethin Rees", "Second supervisor, Blaby", "supervisor", "blaby-asb", "0116 496 0213"),
    Account("manager@blaby.example", "Rajesh Vaghela", "Service manager, Blaby", "service_manager", "blaby-asb", "0116 496 0214"),
    Account("admin@blaby.example", "Olamide Adeyemi", "Local administrator, Blaby", "local_admin", "blaby-asb"),
    Account("officer@charnwood.example", "Tom Ashdown", "ASB officer, Charnwood", "practitioner", "charnwood-asb", "01632 960131"),
    Account("supervisor@charnwood.example", "Priya Raman", "ASB supervisor, Charnwood", "supervisor", "charnwood-asb", "01632 960132"),
    Account("beat.officer@police.example", "Amara Nwosu", "Beat officer, police", "practitioner", "police-beat", "0116 496 0411"),
    Account("housing@landlord.example", "Dawn Achterberg", "Housing officer, landlord", "landlord", "soar-valley-housing", "0116 496 0511"),
    Account("worker@victimfirst.example", "Siobhán Ó Dálaigh", "Victim First", "victim_first", "victim-first", "0116 496 0611"),
    Account("analyst@county.example", "Li Wen", "Analyst, county", "analyst", "analysis"),
    Account("governance@county.example", "Harriet Oduya", "Governance officer", "governance", "governance"),
    Account("information@county.example", "Emrys Pugh", "Information officer", "information_officer", "information"),
)


def keep_accounts(password: str) -> list[User]:
    """Make every account of the demonstration, all with one password; those that exist get it anew."""
    hashed = hash_password(password)
    return [_keep(account, hashed) for account in ACCOUNTS]


def _keep(account: Account, hashed: str) -> User:
    team = db.session.scalars(select(Team).where(Team.slug == account.team)).one()
    user = db.session.scalar(select(User).where(User.email == account.email))
    if user is None:
        user = User(email=account.email, name=account.name, phone=account.phone or None, partner_id=team.partner_id)
        user.vetting_level, user.vetted_until = VETTING_LEVEL, VETTED_UNTIL
        user.holdings.append(RoleHeld(team_id=team.id, role=account.role))
        db.session.add(user)
    user.label = account.label
    db.session.flush()
    keep_hash(user.id, hashed)
    return user
