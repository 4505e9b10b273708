"""Short ways to a victim who is asked how their case was dealt with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from sqlalchemy import select, text

from sentinel.cases import closure
from sentinel.cases.models import Case, Party
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.surveys import service
from sentinel.surveys.models import SurveyOffer
from sentinel.victims.promises import is_hidden
from tests import factories
from tests.integration.carriers import MailServer, mail_server
from tests.integration.promise_made import assessed, contacted, opened, report_taken

BY_EMAIL: dict[str, Any] = {"email_address": "nasreen@khan.example", "email": "yes", "phone": "07700 900318", "ring": "yes"}
ANSWERS = {"in_time": "yes", "kept_informed": "partly", "outcome": "no", "satisfied": "partly"}


@contextmanager
def with_mail(app: Any) -> Iterator[MailServer]:
    """The application with a mail server set up."""
    before = app.config["SENTINEL"]
    with mail_server() as server:
        app.config["SENTINEL"] = before.model_copy(update={"smtp_url": server.url})
        try:
            yield server
        finally:
            app.config["SENTINEL"] = before


def closed(case: Case, *, restricted: bool = False) -> Case:
    """The case, closed with everything that closing asks for."""
    everybody = [party for party in case.parties if party.role == "victim"]
    reached = [party for party in everybody if party.contactable and not is_hidden(party)]
    for party in everybody:
        assessed(case, party_id=party.id)
    for party in reached:
        contacted(party, covers=("acknowledge", "first_contact", "explain_review", "may_apply"))
    closure.propose_closing(actor=factories.user(), case=case, outcome="no_further_incidents", note="Quiet.")
    for party in reached:
        contacted(party, covers=("closure",), closing_view="agrees")
    if any(one.sentence.startswith("A supervisor signs") for one in closure.missing(case)):
        closure.sign_closing(actor=factories.user("supervisor@blaby.example"), case=case)
    case.restricted = restricted
    db.session.flush()
    return closure.close_case(actor=factories.user(), case=case)


def closed_case(plan: dict[str, Any] | None = None, **more: Any) -> Case:
    """A case of one victim, closed; reached by e-mail unless said otherwise."""
    return closed(opened(report_taken(plan=BY_EMAIL if plan is None else plan, **more)))


def offers(case: Case) -> list[SurveyOffer]:
    """Whom it was offered to."""
    return list(db.session.scalars(select(SurveyOffer).where(SurveyOffer.case_id == case.id)))


def asked(case: Case | None = None, party: Party | None = None) -> str:
    """The token of a survey that was sent to a victim of a closed case."""
    case = case or factories.case(state="closed", closed_at=clock.now())
    party = party or factories.party(on=case, who=factories.person())
    made = SurveyOffer(case_id=case.id, person_id=party.person_id, party_id=party.id, channel="email", offered_at=clock.now())
    db.session.add(made)
    db.session.flush()
    return service.link_of(made).rpartition("/")[2]


def answered(case: Case | None = None, *, expected: str = "", shown: bool = False, **answers: str) -> bool:
    """A survey of the case that somebody answered."""
    return service.answer(token=asked(case), sent_as=uuid4(), answers=answers or ANSWERS, expected=expected, shown=shown)


def kept() -> list[dict[str, Any]]:
    """Everything that is kept of answers."""
    return [dict(row) for row in db.session.execute(text("SELECT * FROM survey_answer")).mappings()]
