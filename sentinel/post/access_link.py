"""The e-mail that carries a link to set a password. Its subject names nobody; its 15 minutes begin when it is written."""

from flask import current_app

from config import agreed
from sentinel.access import links
from sentinel.access.events import LinkMade
from sentinel.access.models import AccessLink, User
from sentinel.core.db import db
from sentinel.post.letters import Email, Message, NotSent
from sentinel.post.service import queue_message

SUBJECT = "Sentinel: your link"


def send(event: LinkMade) -> None:
    """Put it into the outbox."""
    queue_message(
        dedupe_key=f"access-link:{event.link.id}", channel="email", template="access_link", ref_table="access_link", ref_id=event.link.id
    )


def letter(message: Message) -> Email | NotSent:
    """The words, unless the link was ended or used meanwhile, or the account closed."""
    link = db.session.get_one(AccessLink, message.ref_id)
    user = db.session.get_one(User, link.user_id)
    if link.used_at or link.ended_at or user.disabled_at:
        return NotSent("The link had ended.")
    words = {"name": user.name, "kind": link.kind, "minutes": agreed.current().access.link_minutes, "link": links.address_of(link)}
    # What is written here is rolled back: the end of the link has to stand before anybody reads the letter.
    db.session.commit()
    return Email(to=user.email, subject=SUBJECT, body=current_app.jinja_env.get_template("post/access_link.txt").render(**words))
