"""What goes to the people we promised something, written when it is sent, and only by a way said to be safe at that moment."""

from typing import Any

from flask import current_app
from sqlalchemy import select

from config import agreed
from sentinel.cases import states
from sentinel.cases.models import Party, Report
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.words import clock_time, day, until
from sentinel.people.keys import mobile_key
from sentinel.post.channels import not_set_up
from sentinel.post.events import MessageArrived, MessageCameBack, MessageSent
from sentinel.post.letters import Email, Letter, Message, NotSent, NotYet, Paper, Text
from sentinel.victims import hours, promises, service
from sentinel.victims.models import Contact, ContactPlan, Promise
from sentinel.victims.rules import Kind

ACKNOWLEDGEMENT, OFFICER_CHANGED, SUMMARY = "acknowledgement", "officer_changed", "summary"
# What each of them tells, in the words of the record and by kind of promise.
TELLS = {
    ACKNOWLEDGEMENT: ("The reference, what happens next and by when.", Kind.ACKNOWLEDGE),
    OFFICER_CHANGED: ("Who has the case now, and how to reach them.", Kind.OFFICER_CHANGED),
    SUMMARY: ("What we said we would do, and by when.", None),
}
NOT_SAFE = "It is not said to be safe to reach them this way, so nothing was sent."
A_PERSON_JUDGES = "Only a person can judge the times they said are safe, so nothing goes by itself."
HIDDEN = "Nobody has said that it is safe to contact them, so nothing was sent."
NO_ADDRESS = "There is no e-mail address to send it to."
NO_MOBILE = "There is no mobile number to send it to."
NO_DOOR = "There is no address to send it to."
AT_A_TIME = ("text", "email")  # a telephone sounds when they come; the post comes when it comes
NOWHERE = {"text": NO_MOBILE, "email": NO_ADDRESS, "letter": NO_DOOR}
WITHDRAWN = "The report was withdrawn, so nothing was sent."
NOT_LIVE = "The case is closed, or nobody has it now, so nothing was sent."


def acknowledgement(message: Message) -> Letter:
    """The reference and what happens next. Not sent unless the plan says, now, that this way is safe."""
    party = db.session.get_one(Party, message.ref_id)
    report = db.session.get_one(Report, party.report_id)
    if report.state == "withdrawn":
        return NotSent(WITHDRAWN)
    promised = _promised(party)
    words = {
        "reference": report.reference,
        "promised": [promise.told_as for promise in promised],
        "by": until(promised[0].due_at) if promised else "",
        "team": report.team,
        "again": agreed.current().scripts.line_for("again").say,
    }
    return write(message, party, words)


def officer_changed(message: Message) -> Letter:
    """Who has the case at the moment of sending, and their telephone. Nothing says what it is about or who we are."""
    party = db.session.get_one(Party, message.ref_id)
    case = party.case
    if case is None or case.state not in states.LIVE or case.officer is None:
        return NotSent(NOT_LIVE)
    words = {"reference": case.reference, "officer": case.officer.name, "phone": case.officer.phone or case.team.phone}
    return write(message, party, words)


def write(message: Message, party: Party, words: dict[str, Any]) -> Letter:
    """The words of a template, if the way is safe now and there is an address. A text names no victim, and says nothing of the matter."""
    plan = db.session.get(ContactPlan, party.id)
    if why_not := unsafe(party, plan, message.channel):
        return NotSent(why_not)
    assert plan is not None, "a plan says that this way is safe"
    channel = message.channel
    if not (to := address(plan, channel)):
        return NotSent(NOWHERE[channel])
    if not_yet := waits(plan, channel):
        return not_yet
    way = "_text" if channel == "text" else ""
    body = current_app.jinja_env.get_template(f"post/{message.template}{way}.txt").render(words, on_paper=channel == "letter")
    if channel == "text":
        return Text(to=to, subject="Your reference", body=body.strip())
    if channel == "letter":
        return _on_paper(party, plan, body)
    return Email(to=to, subject=f"Your reference: {words['reference']}", body=body)


def _on_paper(party: Party, plan: ContactPlan, body: str) -> Paper:
    """To whoever opens the door: their name and address, from a team and not from what it does."""
    record = party.case or party.report
    team = record.team if record else None
    sender = (team.partner.name, team.phone) if team else ()
    where = (line.strip() for line in (plan.address or "").split(","))
    lines = (party.person.name, *(line for line in where if line))
    return Paper(to=lines, sender=tuple(part for part in sender if part), body=body, large=plan.accessible_format == "large_print")


def address(plan: ContactPlan, channel: str) -> str:
    """Where a message by this way would go; "" when the plan knows nowhere."""
    known = {"text": mobile_key(plan.phone or ""), "email": plan.email_address, "letter": plan.address}
    return known[channel] or ""


def safe_way(party: Party) -> str | None:
    """The way by which a message may go to a party by itself: agreed to, with an address, and set up here. None where they want none."""
    plan = db.session.get(ContactPlan, party.id)
    if plan is None or plan.no_contact:
        return None
    ways = (way for way in ("email", "text") if way not in not_set_up() and address(plan, way) and not unsafe(party, plan, way))
    return next(ways, None)


def unsafe(party: Party, plan: ContactPlan | None, channel: str) -> str | None:
    """Why nothing may be sent to this party by itself over a channel at this moment; not asked counts as not safe."""
    if promises.is_hidden(party):
        return HIDDEN
    if plan is None or getattr(plan, promises.ONE_WAY[channel]) != "yes":
        return NOT_SAFE
    return A_PERSON_JUDGES if channel in AT_A_TIME and hours.understood(plan.safe_times) is None else None


def waits(plan: ContactPlan, channel: str) -> NotYet | None:
    """Until when a message waits for a time they said is safe, by a way that is not `unsafe`; None where it may go now."""
    times = hours.understood(plan.safe_times) if channel in AT_A_TIME else hours.ALWAYS
    assert times is not None, "a way whose times a person must judge is not safe"
    now = clock.now()
    goes_at = times.next(now)
    if goes_at <= now:
        return None
    here = clock.london(goes_at)  # read again on other days: never "today"
    return NotYet(goes_at, f"It waits for a time they said is safe: {clock_time(here.time())} on {day(here.date())}.")


def note_sent(event: MessageSent) -> None:
    """A letter to somebody went out: it stands among the contacts, and once it counts as delivered keeps what it tells.

    The mail server that accepts a message answers for delivering it or reporting back (RFC 5321, 6.1); when one comes back,
    somebody says so and the promise is open again. Whoever reports back themselves is waited for.
    """
    if event.message.template not in TELLS:
        return
    note, kind = TELLS[event.message.template]
    service.log_contact(
        actor=None,
        party=db.session.get_one(Party, event.message.ref_id),
        channel=event.message.channel,
        direction="out",
        outcome="one_way_sent" if event.reports_back else "delivered",
        occurred_at=clock.now(),
        note=note,
        covers=(kind,) if kind else (),
        outbox_id=event.message.id,
    )


def note_arrived(event: MessageArrived) -> None:
    """A message to somebody arrived: the contact that it is keeps its promise."""
    if contact := _contact(event.message, "one_way_sent"):
        service.arrived(contact=contact)


def note_came_back(event: MessageCameBack) -> None:
    """A message to somebody will never arrive: the contact failed, and what it had kept is open again with its own date."""
    if contact := _contact(event.message, "one_way_sent", "delivered"):
        service.came_back(actor=None, contact=contact, note=event.error)


def _contact(message: Message, *outcomes: str) -> Contact | None:
    of_message = select(Contact).where(Contact.outbox_id == message.id, Contact.outcome.in_(outcomes))
    return db.session.scalar(of_message.order_by(Contact.logged_at.desc()).limit(1))


def _promised(party: Party) -> list[Promise]:
    told = select(Promise).where(
        Promise.party_id == party.id, Promise.state == "open", Promise.kind.in_((Kind.SAFETY_CALL, Kind.FIRST_CONTACT, Kind.PASSED_ON))
    )
    return list(db.session.scalars(told.order_by(Promise.due_at)))
