"""`sentinel user` and `sentinel partner`: who may sign in, and who the partners are."""

import secrets
from datetime import datetime

import click
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from sentinel.cli.framework import System, on_system


@click.group()
def user() -> None:
    """Accounts."""


@user.command("add")
@click.argument("email")
@click.option("--name", required=True, help="The person's name.")
@click.option("--role", "roles", multiple=True, required=True, help="A role; repeat with --team for each.")
@click.option("--team", "teams", multiple=True, required=True, help="The team of that role, by its slug.")
@click.option("--vetted-until", type=click.DateTime(["%Y-%m-%d"]), help="Last day of their vetting; without it they cannot sign in.")
@click.option("--phone", help="Their number at work.")
@on_system("owner")
def add(
    system: System, email: str, name: str, roles: tuple[str, ...], teams: tuple[str, ...], vetted_until: datetime | None, phone: str | None
) -> None:
    """Make an account. Its first password is printed once."""
    from sentinel.access import service
    from sentinel.core.errors import Refused

    if len(roles) != len(teams):
        raise Refused("Give one --team for each --role.")
    password = "-".join(secrets.token_hex(3) for _ in range(3))
    made = service.add_user(
        email=email,
        name=name,
        password=password,
        roles=list(zip(roles, teams, strict=True)),
        vetted_until=vetted_until.date() if vetted_until else None,
        phone=phone,
    )
    system.tell({"email": made.email, "password": password}, f"{made.name} may sign in as {made.email} with: {password}")


@user.command("list")
@on_system("owner")
def list_users(system: System) -> None:
    """Every account: address, name, roles, vetting."""
    from sentinel.access.models import RoleHeld, User
    from sentinel.core.db import db

    users = db.session.scalars(select(User).order_by(User.email).options(selectinload(User.holdings).joinedload(RoleHeld.team)))
    found = [
        {
            "email": one.email,
            "name": one.name,
            "roles": [{"role": held.role, "team": held.team.slug} for held in one.holdings],
            "vetted_until": one.vetted_until,
            "disabled": one.disabled_at is not None,
        }
        for one in users
    ]
    lines = [f"{one['email']}  {one['name']}  {_roles(one['roles'])}{'  closed' if one['disabled'] else ''}" for one in found]
    system.tell({"users": found}, *lines)


@user.command("disable")
@click.argument("email")
@on_system("owner")
def disable(system: System, email: str) -> None:
    """Close an account and end its sessions at once."""
    from sentinel.access import service

    closed = service.disable_user(email)
    system.tell({"email": closed.email, "disabled": True}, f"{closed.email} is closed.")


@click.group()
def partner() -> None:
    """Partners of the partnership."""


@partner.command("list")
@on_system("owner")
def list_partners(system: System) -> None:
    """Every partner, by name."""
    from sentinel.access.models import Partner
    from sentinel.core.db import db

    found = db.session.scalars(select(Partner).order_by(Partner.name)).all()
    facts = {"partners": [{"name": one.name, "kind": one.kind, "slug": one.slug, "agreement_until": one.agreement_until} for one in found]}
    system.tell(facts, *(f"{one.name} ({one.kind})" for one in found))


def _roles(held: object) -> str:
    assert isinstance(held, list)
    return ", ".join(f"{one['role']} in {one['team']}" for one in held)
