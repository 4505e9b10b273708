"""The survey as it goes out: a link and no more. No name, no reference, nothing about what happened."""

from flask import current_app

from config import agreed
from sentinel.core.db import db
from sentinel.post.letters import Email, Letter, Message, NotSent, Text
from sentinel.surveys import service
from sentinel.surveys.models import SurveyOffer
from sentinel.victims.letters import address, waits
from sentinel.victims.models import ContactPlan


def survey(message: Message) -> Letter:
    """The words, unless it is not safe at this moment to ask this victim by this way."""
    offer = db.session.get_one(SurveyOffer, message.ref_id)
    if why_not := service.why_not(offer.party, message.channel):
        return NotSent(why_not)
    plan, words = db.session.get_one(ContactPlan, offer.party_id), agreed.current().survey
    if not_yet := waits(plan, message.channel):
        return not_yet
    to = address(plan, message.channel)
    asked = {"intro": words.intro, "free": words.free, "days": words.valid_days, "link": service.link_of(offer)}
    template = "post/survey_text.txt" if message.channel == "text" else "post/survey.txt"
    body = current_app.jinja_env.get_template(template).render(**asked).strip()
    # What is written here is rolled back: the link has to work before anybody reads the letter.
    db.session.commit()
    if message.channel == "text":
        return Text(to=to, subject=words.subject, body=body)
    return Email(to=to, subject=words.subject, body=body)
