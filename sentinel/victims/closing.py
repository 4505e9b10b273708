"""Closing, victim by victim: told before it, asked what they think, and what is done about those who do not answer."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from config import agreed
from config.agreed.catalogue import Choice
from sentinel.access.models import User
from sentinel.cases import closure
from sentinel.cases.events import ClosingProposed, ClosingTakenBack, TellerNamed
from sentinel.cases.models import Case, CaseDetail, Party
from sentinel.cases.service import hold
from sentinel.cases.timeline import tell
from sentinel.core import clock, words, worktime
from sentinel.core.db import db
from sentinel.core.errors import Refused
from sentinel.people.models import Person
from sentinel.victims import promises
from sentinel.victims.events import PromiseEnded
from sentinel.victims.models import ClosingView, Contact, Promise
from sentinel.victims.rules import Kind

TOLD = ("reached", "delivered", "one_way_sent")
TRIED = ("attempt", "failed")
OF_NOBODY = ("not_reached", "no_answer")  # what is recorded without having asked them
LATER = "later"
STAYS_OPEN = "The case stays open."


@dataclass(frozen=True)
class Standing:
    """A victim of a case proposed for closing: who told them and when, what they think of it, or why nobody has to ask."""

    party: Party
    contactable: bool
    told: Contact | None
    view: ClosingView | None
    unanswered_at: datetime | None
    promised: Promise | None

    @property
    def is_answered(self) -> bool:
        """Is there nothing more to ask?"""
        return self.view is not None or not self.contactable

    @property
    def may_go_without(self) -> bool:
        """Have they had the time to answer that the standards give, so that a supervisor may sign without?"""
        return not self.is_answered and self.unanswered_at is not None and self.unanswered_at <= clock.now()


def standing(case: Case) -> list[Standing]:
    """Each victim of the case, once, as they stand to the latest proposal to close it."""
    since = closure.detail_of(case).proposed_at
    groups: dict[UUID, list[Party]] = defaultdict(list)
    for party in _victims(case.id):
        groups[party.person.canonical_id].append(party)
    contacts, views = (_contacts(case, since), _views(case, since)) if since else ([], [])
    promised = _promised(case)
    return [_standing(parties, contacts, views, promised) for parties in groups.values()]


def _standing(parties: list[Party], contacts: Sequence[Contact], views: Sequence[ClosingView], promised: Sequence[Promise]) -> Standing:
    keys = {party.id for party in parties}
    mine = [contact for contact in contacts if contact.party_id in keys]
    tries = [contact for contact in mine if _tells(contact) or (contact.direction == "out" and contact.outcome in TRIED)]
    given = agreed.current().contact.closing_unanswered_working_days
    return Standing(
        party=_told_as(parties),
        contactable=any(_may_ask(party) for party in parties),
        told=next((contact for contact in reversed(mine) if _tells(contact)), None),
        view=next((view for view in reversed(views) if view.party_id in keys), None),
        unanswered_at=worktime.working_days(tries[0].occurred_at, given) if tries else None,
        promised=next((promise for promise in promised if promise.party_id in keys), None),
    )


def _tells(contact: Contact) -> bool:
    return contact.outcome in TOLD and any(covered.kind == Kind.CLOSURE for covered in contact.covers)


def _may_ask(party: Party) -> bool:
    return party.contactable and not promises.is_hidden(party)


def _told_as(parties: Iterable[Party]) -> Party:
    """The party by which somebody is told who stands on several reports of the case: one we may contact, on the tightest standard."""
    return min(parties, key=lambda party: (not _may_ask(party), party.klass != "enhanced", party.id))


def _victims(case_id: UUID) -> list[Party]:
    query = select(Party).where(Party.case_id == case_id, Party.role == "victim").order_by(Party.id)
    return list(db.session.scalars(query.options(joinedload(Party.person), joinedload(Party.detail))))


def _promised(case: Case) -> Sequence[Promise]:
    of_closing = (Promise.kind == Kind.CLOSURE, Promise.state == "open")
    return db.session.scalars(select(Promise).join(Party).where(Party.case_id == case.id, *of_closing).order_by(Promise.due_at)).all()


def _contacts(case: Case, since: datetime) -> Sequence[Contact]:
    query = select(Contact).where(Contact.case_id == case.id, Contact.occurred_at >= since).order_by(Contact.occurred_at, Contact.id)
    return db.session.scalars(query.options(joinedload(Contact.user), selectinload(Contact.covers))).all()


def _views(case: Case, since: datetime) -> Sequence[ClosingView]:
    query = select(ClosingView).where(ClosingView.case_id == case.id, ClosingView.proposed_at == since)
    return db.session.scalars(query.order_by(ClosingView.at, ClosingView.id).options(joinedload(ClosingView.user))).all()


# --- The promise ----------------------------------------------------------------------------------------------------


def promise_closing(event: ClosingProposed) -> None:
    """Each victim we may contact is promised to be told before the case closes: once for each proposal."""
    for one in standing(event.case):
        promise_told(one.party, event.actor)


def promise_told(party: Party, actor: User | None) -> Promise | None:
    """The promise to tell this victim of the proposal that stands, where there is one; also for somebody found only now."""
    case, proposed_at = _proposed(party)
    if case is None or proposed_at is None or not promises.may_be_promised(party) or promises.is_hidden(party):
        return None
    cause, same = uuid5(case.id, proposed_at.isoformat()), _parties_of(party)
    if any(promises.made_for(one, Kind.CLOSURE, cause) for one in same) or _on_record(party, case, proposed_at):
        return None
    made = promises.make_promise(party=party, kind=Kind.CLOSURE, cause_id=cause, starts_at=proposed_at, teller_id=_named(case))
    promises.announce(party, [made], actor)
    return made


def follow_teller(event: TellerNamed) -> None:
    """What is still to be told of closing is for somebody else to tell: their alerts with it, and no date moves."""
    for promise in promises.open_of(*_victims(event.case.id)):
        if promise.kind == Kind.CLOSURE:
            promise.teller_id = _named(event.case)
    db.session.flush()


def _named(case: Case) -> UUID | None:
    """Who was named to tell the victims, unless it is whoever has the case: then it goes along with the case."""
    teller = closure.detail_of(case).teller_id
    return teller if teller != case.officer_id else None


def stay_open(event: ClosingTakenBack) -> None:
    """Nothing closes after all: whoever was not told yet need not be. A new proposal promises it anew."""
    for promise in promises.open_of(*_victims(event.case.id)):
        if promise.kind == Kind.CLOSURE:
            promises.end(promise, state="ended", reason=STAYS_OPEN, actor=event.actor)


def note_excused(event: PromiseEnded) -> None:
    """A supervisor excused telling somebody after enough attempts: they could not be reached, and that is their view on record."""
    promise = event.promise
    if promise.kind != Kind.CLOSURE or promise.state != "excused" or asks(promise.party) is None:
        return
    _add(promise.party, "not_reached", note=promise.ended_reason, by=promise.ended_by)
    _excuse_others(promise.party, promise.ended_reason or "", promise.ender)


def _excuse_others(party: Party, reason: str, actor: User | None) -> None:
    """Whoever became enhanced since was promised it twice; on whatever report they stand, they are one person."""
    for promise in promises.open_of(*_parties_of(party)):
        if promise.kind == Kind.CLOSURE:
            promises.end(promise, state="excused", reason=reason, actor=actor)


def _parties_of(party: Party) -> list[Party]:
    assert party.case_id is not None, "only of somebody on a case"
    return [each for each in _victims(party.case_id) if each.person.canonical_id == party.person.canonical_id]


# --- What they think ------------------------------------------------------------------------------------------------


def asks(party: Party) -> Case | None:
    """The case this victim is to be asked about, while it is proposed for closing."""
    return _proposed(party)[0]


def choices() -> list[Choice]:
    """What somebody who was asked may have said."""
    said = [choice for choice in agreed.current().outcomes.victim_view if choice.key not in OF_NOBODY]
    return [*said, Choice(key=LATER, text="Wants to think about it")]


def view_words(key: str) -> str:
    """What somebody thinks of closing, in words."""
    return {choice.key: choice.text for choice in agreed.current().outcomes.victim_view}.get(key, key)


def refuse_view(party: Party, view: str, *, covers: Iterable[str], outcome: str, occurred_at: datetime) -> None:
    """A view is what somebody said who was told, since closing was proposed; and whoever is told is asked."""
    case, proposed_at = _proposed(party)
    told = Kind.CLOSURE in set(covers) and outcome == "reached"
    if case is None or proposed_at is None:
        if view:
            raise Refused("Nobody has proposed to close this case, so there is nothing to ask them about it.", field="closing_view")
        return
    if view and view not in {choice.key for choice in choices()}:
        raise Refused("Choose what they think of closing.", field="closing_view")
    if told and not view and occurred_at >= proposed_at:
        raise Refused("Ask what they think of closing, and choose what they said; or untick that you told them.", field="closing_view")
    if view and not told:
        what = "Tick that you told them about closing" if outcome == "reached" else "You did not speak to them"
        raise Refused(f"{what}: what they think of it counts only from somebody who was told.", field="covers")
    if view and occurred_at < proposed_at:
        when = words.moment(proposed_at)
        raise Refused(f"Closing was proposed {when}: ask again what they think of that, and enter when you did.", field="when")


def record_view(contact: Contact, view: str) -> None:
    """Keep what somebody said of closing when they were told. A disagreement ends a signature given before it."""
    if not view or view == LATER:
        return
    _add(contact.party, view, note=contact.note, by=contact.by_user, contact=contact)
    who, said = contact.party.person.name, view_words(view)
    title = f"{who} on closing: {said[0].lower()}{said[1:]}"
    case = asks(contact.party)
    assert case is not None, "refuse_view asked for that"
    tell(kind="closure", title=title, case=case, party=contact.party, actor=contact.user)
    detail = db.session.get_one(CaseDetail, case.id)
    if view == "disagrees" and detail.signed_by:
        detail.signed_by = detail.signed_at = None
        tell(kind="closure", title="The signature no longer stands: a victim disagrees", case=case, actor=contact.user)


def go_without(*, actor: User, party: Party, reason: str) -> ClosingView:
    """A supervisor signs that a victim did not answer, long enough after the first try or letter (contact.toml).

    Refuses anybody else and whoever proposed the closing, a victim who has answered or was not tried for long enough, and no
    reason. Excuses the promise to tell them. Recorded on the story.
    """
    case = db.session.get_one(Case, party.case_id)
    hold(case)
    if asks(party) is None:
        raise Refused("Nobody has proposed to close this case.")
    closure.refuse_signature(actor, case)
    one = next(each for each in standing(case) if each.party.person.canonical_id == party.person.canonical_id)
    if not one.may_go_without:
        raise Refused(still_to_wait(one))
    if not reason.strip():
        raise Refused("Say how they were tried, and why it can close without their answer.", field="reason")
    made = _add(party, "no_answer", note=reason.strip(), by=actor.id)
    _excuse_others(party, reason.strip(), actor)
    tell(kind="closure", title=f"{party.person.name} did not answer: signed without", body=reason.strip(), party=party, actor=actor)
    return made


def still_to_wait(one: Standing) -> str:
    """Why nobody may sign without this victim's answer yet, as a sentence."""
    name = one.party.person.name
    if one.view:
        return f"What {name} thinks is on record already."
    if not one.contactable:
        return f"{name} cannot be contacted, so nobody has to ask."
    if one.unanswered_at is None:
        return f"Nobody has tried to tell {name} yet. Log the first try."
    return f"{name} has until {words.moment(one.unanswered_at)} to answer. After that a supervisor may sign without."


def _proposed(party: Party) -> tuple[Case | None, datetime | None]:
    if party.role != "victim" or party.case_id is None:
        return None, None
    case = db.session.get_one(Case, party.case_id)
    if case.state != "closure_proposed":
        return None, None
    return case, closure.detail_of(case).proposed_at


def _add(party: Party, view: str, *, note: str | None, by: UUID | None, contact: Contact | None = None) -> ClosingView:
    case, proposed_at = _proposed(party)
    assert case is not None and proposed_at is not None, "only of a case proposed for closing"
    if view == "not_reached" and (there := _on_record(party, case, proposed_at)):
        return there
    made = ClosingView(
        case_id=case.id,
        party_id=party.id,
        proposed_at=proposed_at,
        view=view,
        note=note,
        contact_id=contact.id if contact else None,
        by_user=by,
        at=clock.now(),
    )
    db.session.add(made)
    db.session.flush()
    return made


def _on_record(party: Party, case: Case, proposed_at: datetime) -> ClosingView | None:
    """What is on record of this person, as whichever party, about this proposal."""
    people = select(Party.id).join(Person).where(Party.case_id == case.id, Person.canonical_id == party.person.canonical_id)
    mine = (ClosingView.case_id == case.id, ClosingView.proposed_at == proposed_at, ClosingView.party_id.in_(people))
    return db.session.scalars(select(ClosingView).where(*mine).order_by(ClosingView.at.desc())).first()
