"""What goes to the people we promised something, written when it is sent, and only by a way said to be safe at that moment."""

from flask import current_app
from sqlalchemy import select

from config import agreed
from sentinel.cases.models import Party, Report
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.post.events import MessageSent
from sentinel.post.letters import Email, Message, NotSent
from sentinel.victims import promises, service
from sentinel.victims.models import ContactPlan, Promise
from sentinel.victims.rules import Kind

ACKNOWLEDGEMENT = "acknowledgement"
COLUMNS = {"text": "text", "email": "email", "letter": "post"}
NOTE = "The reference, what happens next and by when."
NOT_SAFE = "It is not said to be safe to reach them this way, so nothing was sent."
HIDDEN = "Nobody has said that it is safe to contact them, so nothing was sent."
NO_ADDRESS = "There is no e-mail address to send it to."
WITHDRAWN = "The report was withdrawn, so nothing was sent."


def acknowledgement(message: Message) -> Email | NotSent:
    """The reference and what happens next. Not sent unless the plan says, now, that this way is safe."""
    party = db.session.get_one(Party, message.ref_id)
    plan = db.session.get(ContactPlan, party.id)
    report = db.session.get_one(Report, party.report_id)
    if why_not := unsafe(party, plan, message.channel):
        return NotSent(why_not)
    if report.state == "withdrawn":
        return NotSent(WITHDRAWN)
    if plan is None or not plan.email_address:
        return NotSent(NO_ADDRESS)
    again = agreed.current().scripts.line_for("again").say
    body = current_app.jinja_env.get_template("post/acknowledgement.txt").render(
        reference=report.reference, promised=_promised(party), team=report.team, again=again
    )
    return Email(to=plan.email_address, subject=f"Your reference: {report.reference}", body=body)


def unsafe(party: Party, plan: ContactPlan | None, channel: str) -> str | None:
    """Why nothing may be sent to this party by itself over a channel at this moment; not asked counts as not safe."""
    if promises.is_hidden(party):
        return HIDDEN
    return None if plan and getattr(plan, COLUMNS[channel]) == "yes" else NOT_SAFE


def note_acknowledged(event: MessageSent) -> None:
    """The acknowledgement went out: it stands among the contacts and keeps the promise to give the reference.

    The mail server that accepts a message answers for delivering it or reporting back (RFC 5321, 6.1); when one comes back,
    somebody says so and the promise is open again.
    """
    if event.message.template != ACKNOWLEDGEMENT:
        return
    service.log_contact(
        actor=None,
        party=db.session.get_one(Party, event.message.ref_id),
        channel=event.message.channel,
        direction="out",
        outcome="delivered",
        occurred_at=clock.now(),
        note=NOTE,
        covers=(Kind.ACKNOWLEDGE,),
    )


def _promised(party: Party) -> list[str]:
    told = select(Promise.told_as).where(
        Promise.party_id == party.id, Promise.state == "open", Promise.kind.in_((Kind.SAFETY_CALL, Kind.FIRST_CONTACT, Kind.PASSED_ON))
    )
    return list(db.session.scalars(told.order_by(Promise.due_at)))
