"""What we said we would do, to the person we said it to: asked for by an officer, written when it is sent (review 2.4)."""

from uuid import UUID

from sqlalchemy import select

from config import agreed
from sentinel.access.models import User
from sentinel.cases.models import Party
from sentinel.cases.timeline import tell
from sentinel.core.clock import london
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.core.words import day
from sentinel.post import service as post
from sentinel.post.channels import not_set_up
from sentinel.post.letters import Letter, Message
from sentinel.victims import letters, promises, queries, sentences
from sentinel.victims.models import ContactPlan, Promise
from sentinel.victims.rules import Kind

WAYS = ("email", "letter")
NOTHING_EVER = "Nothing was ever promised to them here, so there is nothing to send."


def ways(party: Party) -> list[tuple[str, str, str]]:
    """The ways a summary could go: (channel, its words, why not)."""
    plan = db.session.get(ContactPlan, party.id)
    return [(way, sentences.CHANNEL[way], _why_not(party, plan, way)) for way in WAYS]


def send_summary(*, actor: User, party: Party, channel: str, key: UUID) -> str:
    """Have the summary sent, and say what becomes of it.

    Refuses a way that is not safe, set up or known, somebody who was promised nothing, and what is no way.
    `key` is the form's own, so that a double click sends one. Recorded on the story.
    """
    if channel not in WAYS:
        raise Refused("Choose how to send it.", field="channel")
    plan = db.session.get(ContactPlan, party.id)
    if why_not := _why_not(party, plan, channel):
        raise Refused(why_not, field="channel")
    if not _made(party):
        raise Refused(NOTHING_EVER)
    number = post.queue_message(
        dedupe_key=f"{letters.SUMMARY}:{key}", channel=channel, template=letters.SUMMARY, ref_table="party", ref_id=party.id
    )
    if number is not None:
        what = "e-mail to be sent" if channel == "email" else "letter to be printed"
        tell(kind="contact", title=f"What we said we would do, for {party.person.name}: {what}", party=party, actor=actor)
    if channel == "letter":
        return "The letter waits to be printed."
    not_yet = letters.waits(plan, channel) if plan else None
    return not_yet.reason if not_yet else "It is on its way."


def summary(message: Message) -> Letter:
    """Their own open promises and what was done since, in the words they were told. Nothing of anybody else."""
    party = db.session.get_one(Party, message.ref_id)
    record = party.case or party.report
    assert record is not None, "a party stands on a report or a case"
    officer, made = (party.case.officer if party.case else None), _made(party)
    words = {
        "reference": record.reference,
        "promised": [one for one in made if one.state == "open"],
        "done": [_done(one) for one in made if one.state == "kept"],
        "officer": officer.name if officer else record.team.name if record.team else "",
        "phone": (officer.phone if officer else None) or (record.team.phone if record.team else None),
        "again": agreed.current().scripts.line_for("again").say,
    }
    return letters.write(message, party, words)


def _done(promise: Promise) -> str:
    when = promise.contact.occurred_at if promise.contact else promise.ended_at
    assert when is not None, "what was kept was kept at some time"
    return f"{agreed.current().contact.rule(promise.kind).covers} ({day(london(when).date())})"


def _made(party: Party) -> list[Promise]:
    """What this person was promised here and is open or was kept; of several of a kind that are open, the soonest."""
    keys = [one.id for one in queries.parties_of_person(party)]
    query = select(Promise).where(Promise.party_id.in_(keys), Promise.state.in_(("open", "kept")), Promise.kind != Kind.ACKNOWLEDGE)
    rows = list(db.session.scalars(query.order_by(Promise.due_at, Promise.id)))
    first: dict[str, Promise] = {}
    for one in rows:
        if one.state == "open":
            first.setdefault(one.kind, one)
    return [one for one in rows if one.state == "kept" or first[one.kind] is one]


def _why_not(party: Party, plan: ContactPlan | None, channel: str) -> str:
    if promises.is_hidden(party):
        return letters.HIDDEN
    if plan and plan.no_contact:
        return "They asked us not to contact them."
    if why_not := letters.unsafe(party, plan, channel):
        return f"They have not said that {sentences.CHANNEL[channel]} is safe." if why_not == letters.NOT_SAFE else why_not
    if channel in not_set_up():
        return not_set_up()[channel]
    return "" if plan and letters.address(plan, channel) else letters.NOWHERE[channel]
