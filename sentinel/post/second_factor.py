"""The e-mail that tells somebody their second factor was reset: if nobody lost one, somebody else wanted in."""

from flask import current_app

from sentinel.access.events import SecondFactorReset
from sentinel.access.models import User
from sentinel.core.db import db, new_id
from sentinel.post.letters import Email, Message, NotSent
from sentinel.post.service import queue_message

SUBJECT = "Sentinel: your second factor was reset"


def send(event: SecondFactorReset) -> None:
    """Put it into the outbox."""
    key = f"second-factor-reset:{new_id()}"
    queue_message(dedupe_key=key, channel="email", template="second_factor_reset", ref_table="app_user", ref_id=event.user.id)


def letter(message: Message) -> Email | NotSent:
    """The words, unless the account was closed meanwhile."""
    user = db.session.get_one(User, message.ref_id)
    if user.disabled_at:
        return NotSent("The account was closed.")
    body = current_app.jinja_env.get_template("post/second_factor_reset.txt").render(name=user.name)
    return Email(to=user.email, subject=SUBJECT, body=body)
