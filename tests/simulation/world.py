"""Who there is in a simulated partnership: two teams, in the database and, as plain data, for the model."""

from datetime import date

from sqlalchemy import select, text

from sentinel.access import queries as people
from sentinel.access.models import RoleHeld, User
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from tests import factories
from tests.simulation.telling import Person

BLABY, CHARNWOOD = "blaby-asb", "charnwood-asb"
PEOPLE = [
    Person("officer@blaby.example", "practitioner", BLABY),
    Person("officer2@blaby.example", "practitioner", BLABY),
    Person("supervisor@blaby.example", "supervisor", BLABY),
    Person("supervisor2@blaby.example", "supervisor", BLABY),
    Person("manager@blaby.example", "service_manager", BLABY),
    Person("admin@blaby.example", "local_admin", BLABY),
    Person("calltaker@blaby.example", "call_taker", "blaby-customer-services"),
    Person("officer@charnwood.example", "practitioner", CHARNWOOD),
    Person("officer2@charnwood.example", "practitioner", CHARNWOOD),
    Person("supervisor@charnwood.example", "supervisor", CHARNWOOD),
    Person("governance@county.example", "governance", "governance"),
    Person("information@county.example", "information_officer", "information"),
]


def settle() -> dict[str, Viewer]:
    """Everybody of PEOPLE in the database, none of them thought to be away for not signing in; how each looks at it, by address."""
    for one in PEOPLE:
        if db.session.scalar(select(User).where(User.email == one.email)) is None:
            team = factories.team(one.team)
            user = User(email=one.email, name=f"Another of {team.name}", partner_id=team.partner_id)
            user.vetting_level, user.vetted_until = "NPPV1", date(2036, 12, 31)
            user.holdings.append(RoleHeld(team_id=team.id, role=one.role))
            db.session.add(user)
    db.session.flush()
    db.session.execute(text("UPDATE app_user SET last_seen_at = '2030-01-01'"))
    found = {one.email: people.with_roles(factories.user(one.email).id) for one in PEOPLE}
    viewers = {email: people.viewer_of(user) for email, user in found.items() if user}
    db.session.commit()
    return viewers
