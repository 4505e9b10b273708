"""Links by which somebody sets a password: an invitation, or a reset. Used once, dead 15 minutes after they were sent.

The address is derived from the row and the installation's secret, so that nothing that is kept opens anything. A link that has
not been sent yet has no end and cannot be used. Looking at it uses nothing up (mail scanners look): setting the password does.
"""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer
from sqlalchemy import update

from config import agreed
from sentinel.access import credentials, service
from sentinel.access.events import LinkMade
from sentinel.access.models import AccessLink, User
from sentinel.audit.service import record_access
from sentinel.core import clock
from sentinel.core.db import db, lock, new_id
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish

Kind = Literal["invitation", "reset"]
DEAD = (
    "This link does not work any more: it was used, replaced or altered, or too old: it works for a few minutes only. "
    "Ask your local administrator for a new one."
)


def send_link(*, actor: User | None, user: User, kind: Kind) -> AccessLink:
    """Make a link for somebody and send it by e-mail; earlier ones end. Where e-mail is not set up: `address_to_hand_over`.

    Who may do this is for the caller to decide. Refuses a closed account.
    """
    if user.disabled_at:
        raise Refused("This account is closed. Open it again before you send a link.")
    end_links(user.id)
    link = AccessLink(id=new_id(), user_id=user.id, kind=kind, made_at=clock.machine_now(), made_by=actor.id if actor else None)
    db.session.add(link)
    db.session.flush()
    record_access(f"{kind}_made", user.id)
    if by_email():
        publish(LinkMade(link))
    return link


def by_email() -> bool:
    """Is there anything to send links with?"""
    return current_app.config["SENTINEL"].sends_email


def address_to_hand_over(link: AccessLink) -> str:
    """The link's address, for an administrator to pass on in person; once, and its 15 minutes begin. Refused where e-mail is set up."""
    if by_email() or link.expires_at is not None:
        raise NotAllowed("This link is not for handing over. Make a new one.")
    return address_of(link)


def address_of(link: AccessLink) -> str:
    """The link's address, as it goes out: its 15 minutes begin."""
    link.expires_at = clock.machine_now() + timedelta(minutes=agreed.current().access.link_minutes)
    db.session.flush()
    token = _serializer().dumps([link.id.hex, link.kind])
    return f"{current_app.config['SENTINEL'].base_url.rstrip('/')}/link/{token}"


def opened(token: str) -> AccessLink:
    """The link with this token, if it still works; Refused, with one sentence for everything that can be wrong."""
    link = db.session.get(AccessLink, _id_in(token))
    if link is None or not _works(link):
        raise Refused(DEAD)
    return link


def use(token: str, password: str) -> User:
    """Set the password of the link's person and use the link up: every session of theirs ends. Refuses a dead link and a weak password."""
    link = opened(token)
    lock(link)
    if not _works(link):
        raise Refused(DEAD)
    user = db.session.get_one(User, link.user_id)
    credentials.set_password(user, password)
    link.used_at = clock.machine_now()
    service.end_sessions(user.id)
    record_access(f"{link.kind}_used", user.id)
    return user


def end_links(user_id: UUID) -> None:
    """No earlier link of this person works any more."""
    still_open = update(AccessLink).where(AccessLink.user_id == user_id, AccessLink.used_at.is_(None), AccessLink.ended_at.is_(None))
    db.session.execute(still_open.values(ended_at=clock.machine_now()))


def _works(link: AccessLink) -> bool:
    user = db.session.get_one(User, link.user_id)
    alive = link.expires_at is not None and clock.machine_now() < link.expires_at
    return alive and not (link.used_at or link.ended_at or user.disabled_at)


def _id_in(token: str) -> UUID:
    try:
        key, _ = _serializer().loads(token)
        return UUID(key)
    except (BadData, ValueError, TypeError, AttributeError):
        raise Refused(DEAD) from None


def _serializer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="sentinel access link")
