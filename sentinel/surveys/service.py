"""Offering the survey when a case closes, and taking its answers from whoever holds the link.

The link is derived from the offer and the installation's secret, so that a message sent twice says the same; only its digest is
kept. The public has no rows to read or write: two functions of the database answer for them (migration 0018).
"""

import hmac
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

from flask import current_app
from sqlalchemy import select, text

from config import agreed
from sentinel.cases.events import CaseClosed
from sentinel.cases.models import Case, Party
from sentinel.cases.states import is_child
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.people.models import Person
from sentinel.post.channels import not_set_up
from sentinel.post.service import queue_message
from sentinel.surveys.models import SurveyOffer
from sentinel.victims import closing
from sentinel.victims.letters import address, unsafe
from sentinel.victims.models import ContactPlan

TEMPLATE = "survey"
BY = {"email": "by e-mail", "text": "by text"}
OFF = "The survey is switched off."
OPEN_AGAIN = "The case is open again, so nothing was sent."
NOT_THEM = "Nobody on this case is asked by a survey."
NO_WAY = "No way to reach them is safe enough for a survey."

_OPEN = text("SELECT survey_open(:digest)")
_ANSWER = text(
    "SELECT survey_answered(:digest, :sent_as, :key, CAST(:version AS text), CAST(:answers AS jsonb), CAST(:expected AS text), :shown)"
)


def offer(event: CaseClosed) -> None:
    """Offer the survey to each victim who may have it and was never offered it on this case. Recorded on the story."""
    for one in closing.standing(event.case):
        if one.contactable and not _offered(event.case.id, one.party):
            _offer_to(one.party, event)


def _offer_to(party: Party, event: CaseClosed) -> None:
    channel = next((way for way in BY if way not in not_set_up() and why_not(party, way) is None), None)
    if channel is None:
        return
    who = party.person.canonical_id
    made = SurveyOffer(case_id=event.case.id, person_id=who, party_id=party.id, channel=channel, offered_at=clock.now())
    db.session.add(made)
    db.session.flush()
    queue_message(dedupe_key=f"survey:{made.id}", channel=channel, template=TEMPLATE, ref_table="survey_offer", ref_id=made.id)
    tell(kind="closure", title=f"Survey offered to {party.person.name} {BY[channel]}", party=party, actor=event.actor)


def _offered(case_id: UUID, party: Party) -> bool:
    """Whatever record of theirs it was offered to: a person merged since is the same person."""
    same = select(Person.id).where(Person.canonical_id == party.person.canonical_id)
    found = select(SurveyOffer.id).where(SurveyOffer.case_id == case_id, SurveyOffer.person_id.in_(same))
    return db.session.scalar(found.limit(1)) is not None


def why_not(party: Party, channel: str) -> str | None:
    """Why this victim is not asked over a channel at this moment; asked when it is offered, and again when it is sent.

    Never: where it is switched off, on an open or restricted case, in domestic abuse, of somebody under 18, hidden, without a way
    to be contacted, or who wants no contact; nor by a way that their plan does not say is safe, on any report of theirs.
    """
    if not agreed.current().survey.switched_on:
        return OFF
    case = db.session.get_one(Case, party.case_id)
    if case.state != "closed":
        return OPEN_AGAIN
    same = _parties(party)
    if case.restricted or any(_never(one) for one in same):
        return NOT_THEM
    plans = [db.session.get(ContactPlan, one.id) for one in same]
    if any(plan and plan.no_contact for plan in plans):
        return NOT_THEM
    if any(unsafe(one, plan, channel) for one, plan in zip(same, plans, strict=True) if plan or one is party):
        return NO_WAY
    plan = db.session.get(ContactPlan, party.id)
    return None if plan and address(plan, channel) else NO_WAY


def _parties(party: Party) -> list[Party]:
    people = select(Person.id).where(Person.canonical_id == party.person.canonical_id)
    return list(db.session.scalars(select(Party).where(Party.case_id == party.case_id, Party.person_id.in_(people)).order_by(Party.id)))


def _never(party: Party) -> bool:
    person, report = party.person, party.report
    domestic = bool(report and report.detail and report.detail.is_domestic)
    child = is_child(person.born_on, person.age_years, clock.today())
    return domestic or child or party.role == "alleged" or not party.contactable


def link_of(made: SurveyOffer) -> str:
    """The link, as it goes out: from now on it can be answered, until its days are over."""
    token = _token(made.id)
    made.token_digest = digest(token)
    made.expires_at = made.expires_at or clock.now() + timedelta(days=agreed.current().survey.valid_days)
    db.session.flush()
    return f"{current_app.config['SENTINEL'].base_url.rstrip('/')}/survey/{token}"


def _token(offer_id: UUID) -> str:
    key = current_app.config["SECRET_KEY"].encode()
    return urlsafe_b64encode(hmac.new(key, b"survey\x00" + offer_id.bytes, sha256).digest()).decode().rstrip("=")


def digest(token: str) -> bytes:
    """What is kept of a link."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def is_open(token: str) -> bool:
    """Can the survey behind this link be answered? Looking uses nothing up: scanners of mail look."""
    return bool(db.session.scalar(_OPEN, {"digest": digest(token)}))


def answer(*, token: str, sent_as: UUID, answers: dict[str, str], expected: str, shown: bool) -> bool:
    """Keep the answers and use the link up; the same form sent twice is one answer. False: the link does not work.

    `shown`: whoever works on the case may read them. Otherwise nothing that is kept with them says whose they are.
    """
    values = {
        "digest": digest(token),
        "sent_as": sha256(sent_as.bytes).digest(),
        "key": uuid4(),
        "version": agreed.current().survey.version,
        "answers": json.dumps(answers),
        "expected": expected or None,
        "shown": shown,
    }
    return bool(db.session.scalar(_ANSWER, values))
