"""The anchor by e-mail: once a day to every information officer, so that a copy is kept where nobody here can reach it."""

from flask import current_app
from sqlalchemy import select

from sentinel.access.models import RoleHeld, User
from sentinel.audit import sealing
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.post.letters import Email, Message, NotSent
from sentinel.post.service import queue_message

TEMPLATE = "anchor"
GONE = "The account is closed."
NONE = "Nothing has been sealed yet."


def post_anchor() -> int:
    """Write the day's anchor to every information officer, once a day however often it is asked for; returns how many.

    Written for the day of the machine's clock: a demonstration's clock is not what the record goes by.
    """
    if sealing.latest() is None:
        return 0
    today = clock.london(clock.machine_now()).date()
    officers = select(User.id).join(RoleHeld).where(RoleHeld.role == "information_officer", User.disabled_at.is_(None)).distinct()
    sent = [
        queue_message(dedupe_key=f"anchor:{user_id}:{today}", channel="email", template=TEMPLATE, ref_table="app_user", ref_id=user_id)
        for user_id in db.session.scalars(officers)
    ]
    return sum(number is not None for number in sent)


def anchor(message: Message) -> Email | NotSent:
    """The last seal's number, count and chain, and what to do with them."""
    user, seal = db.session.get(User, message.ref_id), sealing.latest()
    if user is None or user.disabled_at:
        return NotSent(GONE)
    if seal is None:
        return NotSent(NONE)
    words = {"name": user.name, "n": seal.n, "entries": seal.entries, "chain": bytes(seal.chain).hex()}
    body = current_app.jinja_env.get_template("post/anchor.txt").render(**words)
    return Email(to=user.email, subject="Sentinel: the record's anchor of today", body=body, nudge=True)
