"""What goes to the people we promised something, written when it is sent, and only by a way said to be safe at that moment."""

from flask import current_app
from sqlalchemy import select

from config import agreed
from sentinel.cases.models import Party, Report
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.words import until
from sentinel.people.keys import mobile_key
from sentinel.post.events import MessageArrived, MessageCameBack, MessageSent
from sentinel.post.letters import Email, Message, NotSent, Text
from sentinel.victims import promises, service
from sentinel.victims.models import Contact, ContactPlan, Promise
from sentinel.victims.rules import Kind

ACKNOWLEDGEMENT = "acknowledgement"
COLUMNS = {"text": "text", "email": "email", "letter": "post"}
NOTE = "The reference, what happens next and by when."
NOT_SAFE = "It is not said to be safe to reach them this way, so nothing was sent."
HIDDEN = "Nobody has said that it is safe to contact them, so nothing was sent."
NO_ADDRESS = "There is no e-mail address to send it to."
NO_MOBILE = "There is no mobile number to send it to."
WITHDRAWN = "The report was withdrawn, so nothing was sent."


def acknowledgement(message: Message) -> Email | Text | NotSent:
    """The reference and what happens next. Not sent unless the plan says, now, that this way is safe."""
    party = db.session.get_one(Party, message.ref_id)
    plan = db.session.get(ContactPlan, party.id)
    report = db.session.get_one(Report, party.report_id)
    if why_not := unsafe(party, plan, message.channel):
        return NotSent(why_not)
    if report.state == "withdrawn":
        return NotSent(WITHDRAWN)
    assert plan is not None, "a plan says that this way is safe"
    return (_text if message.channel == "text" else _email)(party, plan, report)


def _email(party: Party, plan: ContactPlan, report: Report) -> Email | NotSent:
    if not plan.email_address:
        return NotSent(NO_ADDRESS)
    again = agreed.current().scripts.line_for("again").say
    body = current_app.jinja_env.get_template("post/acknowledgement.txt").render(
        reference=report.reference, promised=[promise.told_as for promise in _promised(party)], team=report.team, again=again
    )
    return Email(to=plan.email_address, subject=f"Your reference: {report.reference}", body=body)


def _text(party: Party, plan: ContactPlan, report: Report) -> Text | NotSent:
    """Whoever else reads the telephone learns a number and a date: no name, not who we are, not what it is about."""
    if not (number := mobile_key(plan.phone or "")):
        return NotSent(NO_MOBILE)
    first = next(iter(_promised(party)), None)
    by = until(first.due_at) if first else ""
    body = current_app.jinja_env.get_template("post/acknowledgement_text.txt").render(reference=report.reference, by=by).strip()
    return Text(to=number, subject="Your reference", body=body)


def unsafe(party: Party, plan: ContactPlan | None, channel: str) -> str | None:
    """Why nothing may be sent to this party by itself over a channel at this moment; not asked counts as not safe."""
    if promises.is_hidden(party):
        return HIDDEN
    return None if plan and getattr(plan, COLUMNS[channel]) == "yes" else NOT_SAFE


def note_acknowledged(event: MessageSent) -> None:
    """The acknowledgement went out: it stands among the contacts, and once it counts as delivered keeps the promise to give it.

    The mail server that accepts a message answers for delivering it or reporting back (RFC 5321, 6.1); when one comes back,
    somebody says so and the promise is open again. Whoever reports back themselves is waited for.
    """
    if event.message.template != ACKNOWLEDGEMENT:
        return
    service.log_contact(
        actor=None,
        party=db.session.get_one(Party, event.message.ref_id),
        channel=event.message.channel,
        direction="out",
        outcome="one_way_sent" if event.reports_back else "delivered",
        occurred_at=clock.now(),
        note=NOTE,
        covers=(Kind.ACKNOWLEDGE,),
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
