"""The words of messages about alerts, made when they are sent. They name nobody and nothing: how many, and where to look."""

from collections import Counter
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, and_, func, select

from config import agreed
from sentinel.access import queries as people
from sentinel.access.models import User
from sentinel.access.permissions import Permission, allows
from sentinel.alerts import queries
from sentinel.alerts.models import Alert, Telling
from sentinel.core.db import db
from sentinel.core.pages import counted
from sentinel.post.letters import Email, Message, NotSent

GONE = "The account is closed."
OVER = "Everything it was about has ended."


def at_once(message: Message) -> Email | NotSent:
    """What cannot wait, as far as it has not ended since."""
    user = people.with_roles(message.ref_id)
    if user is None or user.disabled_at:
        return NotSent(GONE)
    still_open = sum(_told_with(message, user).values())
    if not still_open:
        return NotSent(OVER)
    subject = f"Sentinel: {counted(still_open, 'thing')} that cannot wait"
    return _email(user, subject, "post/alerts_now.txt", open=still_open)


def digest(message: Message) -> Email | NotSent:
    """What is new, by what it is, and one line counting what is still open."""
    user = people.with_roles(message.ref_id)
    if user is None or user.disabled_at:
        return NotSent(GONE)
    new, still_open = _told_with(message, user), _open_of(user)
    if not still_open:
        return NotSent(OVER)
    titles = {trigger.key: trigger.title for trigger in agreed.current().triggers.trigger}
    lines = [(titles.get(key, key), n) for key, n in new.most_common()]
    return _email(user, f"Sentinel: {sum(new.values())} new, {still_open} open", "post/alerts_digest.txt", lines=lines, open=still_open)


def _told_with(message: Message, user: User) -> Counter[str]:
    """How many open alerts of each trigger this message tells of; not those of a case restricted since to others."""
    told = select(Telling.alert_id).where(Telling.outbox_id == message.id)
    found = select(Alert.trigger_key, func.count()).where(Alert.id.in_(told), _still(user)).group_by(Alert.trigger_key)
    return Counter(dict(db.session.execute(found).all()))


def _open_of(user: User) -> int:
    told = select(Telling.alert_id).where(Telling.user_id == user.id)
    return db.session.scalar(select(func.count()).select_from(Alert).where(Alert.id.in_(told), _still(user))) or 0


def _still(user: User) -> ColumnElement[bool]:
    return and_(Alert.closed_at.is_(None), Alert.id.in_(queries.shown_to(people.viewer_of(user))))


def _email(user: User, subject: str, template: str, **words: Any) -> Email:
    base_url = current_app.config["SENTINEL"].base_url
    page = "/alerts" if allows(people.viewer_of(user), Permission.ALERT_ANSWER) else "/"
    body = current_app.jinja_env.get_template(template).render(name=user.name, link=base_url.rstrip("/") + page, **words)
    return Email(to=user.email, subject=subject, body=body, nudge=True)
