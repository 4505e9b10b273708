"""Restricted cases: seen in full by the people named on them, and by nobody else at all (rules.md, "Who sees what")."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from sentinel.access.models import RoleHeld, User
from sentinel.cases import handover
from sentinel.cases.events import RestrictedAnswered
from sentinel.cases.models import Action, Case, CaseGrant, RestrictedTouch
from sentinel.cases.named import Named, keeps_the_list, named_on
from sentinel.cases.service import CASEWORK, hold, refuse_outsiders
from sentinel.cases.timeline import tell
from sentinel.cases.triage import NAMED_FOR_DAYS
from sentinel.core import clock
from sentinel.core.db import db, lock
from sentinel.core.errors import NotAllowed, Refused
from sentinel.core.events import publish
from sentinel.core.viewer import tell_again

FEWEST_NAMED = 2
OTHER = "other"
REASONS = (
    ("staff", "A member of staff or an officer is a party"),
    ("witness", "A witness is at risk"),
    (OTHER, "Another reason"),
)


def may_restrict(actor: User, case: Case) -> bool:
    """Supervisors of the partner that owns the case; once it is restricted, those of them who are named on it."""
    return _supervises(actor, case) and (not case.restricted or actor.id in {one.user.id for one in named_on(case)})


def may_be_named(case: Case) -> list[User]:
    """Practitioners and supervisors of any partner who may sign in, those of the owner first, by name."""
    today = clock.today()
    query = (
        select(User)
        .join(RoleHeld, RoleHeld.user_id == User.id)
        .where(RoleHeld.role.in_(CASEWORK), User.disabled_at.is_(None), User.vetted_until >= today)
        .distinct()
        .order_by(User.name, User.id)
        .options(selectinload(User.partner), selectinload(User.holdings).selectinload(RoleHeld.team))
    )
    able = [user for user in db.session.scalars(query) if user.partner.agreement_until and user.partner.agreement_until >= today]
    return sorted(able, key=lambda user: user.partner_id != case.owner_partner_id)


def why(reason: str, words: str) -> str:
    """The reason as it is kept. Refuses one that is none of REASONS, and another reason without words."""
    if reason not in dict(REASONS):
        raise Refused("Choose why the case is restricted.", field="reason")
    words = words.strip()
    if reason == OTHER and not words:
        raise Refused("Say in a sentence why.", field="words")
    text = words if reason == OTHER else f"{dict(REASONS)[reason]}. {words}".strip()
    return text.rstrip() if words else dict(REASONS)[reason]


def restrict_case(
    *, actor: User, case: Case, named: Sequence[User], reason: str, words: str = "", officer: User | None = None, version: int | None = None
) -> Case:
    """Restrict a case to the people named; whoever does it is always one of them. Its reports are restricted with it.

    Every other share ends. The officer stays only if named, else `officer` takes it, and open actions of people who are not
    named are the officer's. Refuses anybody but a supervisor of the owner, a case that is restricted or offered to another team,
    a list of fewer than two, people who could not open it, and an officer who is not named. Recorded on the story.
    """
    hold(case, version)
    if not _supervises(actor, case):
        raise NotAllowed("Only a supervisor of the partner that owns a case can restrict it.")
    if case.restricted:
        raise Refused("This case is restricted already.")
    if handover.open_offer(case):
        raise Refused("This case is offered to another team. Take the offer back first.")
    text = why(reason, words)
    people = _fit(case, {one.id: one for one in (actor, *named)}.values())
    _hand_to_named(case, people, officer)
    _end_grants(case)
    _name(case, people, actor, text)  # before the case disappears from everybody else, the actor among them
    _mark(case, restricted=True)
    _move_actions(case, people)
    names = ", ".join(sorted(one.name for one in people))
    tell(kind="restricted", title="Restricted to the people named", body=f"{text}\nNamed: {names}.", case=case, actor=actor)
    return case


def change_names(*, actor: User, case: Case, named: Sequence[User], reason: str, version: int | None = None) -> None:
    """Make `named` the list of a restricted case. Recorded on the story with the reason.

    Refuses anybody but a supervisor of the owner who is on the list, fewer than two, a list without a supervisor of the owner or
    without the officer, people who could not open it, no reason, and a list that is the same as before.
    """
    hold(case, version)
    _refuse_unless_keeper(actor, case)
    wanted = {one.id: one for one in named}
    before = {one.user.id: one for one in named_on(case)}
    if set(wanted) == set(before):
        raise Refused("These people are named already. Tick somebody else, or take somebody off.", field="named")
    people = _fit(case, wanted.values(), already=set(before))
    if not any(_supervises(one, case) for one in people):
        raise Refused("A supervisor of the partner that owns the case has to stay on the list.", field="named")
    if case.officer_id and case.officer_id not in wanted:
        name = case.officer.name if case.officer else "The officer"
        raise Refused(f"{name} has this case. Move it to somebody else who is named first.", field="named")
    if not reason.strip():
        raise Refused("Say why the list changes.", field="reason")
    _change(case, actor, before, wanted, reason.strip())


def lift_restriction(*, actor: User, case: Case, reason: str, version: int | None = None) -> Case:
    """Take the restriction off: the list ends, the case and its reports are seen again as any of its owner's.

    Refuses anybody but a supervisor of the owner who is on the list, a case that is not restricted, and no reason.
    """
    hold(case, version)
    _refuse_unless_keeper(actor, case)
    if not reason.strip():
        raise Refused("Say why it need no longer be restricted.", field="reason")
    _mark(case, restricted=False)
    _end_grants(case)
    tell(kind="restricted", title="No longer restricted", body=reason.strip(), case=case, actor=actor)
    return case


def touches(case: Case) -> list[RestrictedTouch]:
    """New reports that name somebody on this case, not answered yet, oldest first; those joined to it are on the case."""
    query = select(RestrictedTouch).where(RestrictedTouch.case_id == case.id, RestrictedTouch.answered_at.is_(None))
    found = db.session.scalars(query.order_by(RestrictedTouch.at).options(selectinload(RestrictedTouch.report)))
    return [touch for touch in found if touch.report.case_id != case.id]


def answer_touch(*, actor: User, touch: RestrictedTouch, case: Case, answer: str) -> None:
    """Somebody named has read a report that touches the case, and says what they did. Refuses an answered one, and no words."""
    lock(touch)
    if actor.id not in {one.user.id for one in named_on(case)}:
        raise NotAllowed("Only the people named on this case can answer that.")
    if touch.answered_at:
        raise Refused("Somebody else named on this case has answered that already.")
    if not answer.strip():
        raise Refused("Say in a sentence what you did about it.", field="answer")
    touch.answered_by, touch.answered_at, touch.answer = actor.id, clock.now(), answer.strip()[:500]
    title = f"Report {touch.report.reference} names somebody on this case"
    tell(kind="restricted", title=title, body=touch.answer, case=case, actor=actor)
    publish(RestrictedAnswered(touch.id, actor))


def _supervises(actor: User, case: Case) -> bool:
    return keeps_the_list(actor, case.owner_partner_id)


def _refuse_unless_keeper(actor: User, case: Case) -> None:
    if not case.restricted:
        raise Refused("This case is not restricted any more.")
    if not may_restrict(actor, case):
        raise NotAllowed("Only a supervisor of the owner who is named on this case can do that.")


def _fit(case: Case, people: Iterable[User], already: Iterable[UUID] = ()) -> list[User]:
    chosen, able = list(people), {one.id for one in may_be_named(case)}
    unfit = [one.name for one in chosen if one.id not in able and one.id not in already]
    if unfit:
        raise Refused(f"{', '.join(unfit)} could not open the case: only practitioners and supervisors who may sign in can.", field="named")
    if len(chosen) < FEWEST_NAMED:
        raise Refused("Name at least two people, so that the case never hangs on one.", field="named")
    return chosen


def _hand_to_named(case: Case, people: Sequence[User], officer: User | None) -> None:
    named = {one.id for one in people}
    if officer is None and (case.officer_id is None or case.officer_id in named):
        return
    if officer is None or officer.id not in named:
        raise Refused("The officer of the case has to be one of the people named. Choose who takes it.", field="officer")
    refuse_outsiders(officer, case.team)
    case.officer_id = officer.id
    db.session.flush()
    db.session.refresh(case, ["officer"])


def _mark(case: Case, *, restricted: bool) -> None:
    case.restricted = restricted
    for report in case.reports:
        report.restricted = restricted
    db.session.flush()


def _end_grants(case: Case) -> None:
    """End whatever is in force: before the list is written, or when it is over."""
    moment = clock.now()
    db.session.execute(
        update(CaseGrant)
        .where(CaseGrant.case_id == case.id, CaseGrant.until > moment)
        .values(until=moment)
        .execution_options(synchronize_session="fetch")
    )


def _name(case: Case, people: Iterable[User], actor: User, reason: str) -> None:
    moment = clock.now()
    common = {"level": "named", "until": moment + timedelta(days=NAMED_FOR_DAYS), "reason": reason[:500]}
    for person in people:
        db.session.add(CaseGrant(case_id=case.id, grantee=person.id, granted_by=actor.id, granted_at=moment, **common))
    tell_again(db.session())


def _move_actions(case: Case, people: Sequence[User]) -> None:
    """What others had still to do on the case they can no longer see is the officer's."""
    if case.officer_id is None:
        return
    others = Action.owner_id.not_in([one.id for one in people])
    for action in db.session.scalars(select(Action).where(Action.case_id == case.id, Action.done_at.is_(None), others)):
        action.owner_id = case.officer_id
    db.session.flush()


def _change(case: Case, actor: User, before: dict[UUID, Named], wanted: dict[UUID, User], reason: str) -> None:
    added = [one for key, one in wanted.items() if key not in before]
    removed = [one for key, one in before.items() if key not in wanted]
    _name(case, added, actor, reason)
    _move_actions(case, list(wanted.values()))
    said = [f"Named: {', '.join(one.name for one in added)}." if added else "", _taken_off(removed)]
    tell(kind="restricted", title="The people named were changed", body=" ".join([*filter(None, said), reason]), case=case, actor=actor)
    for one in removed:  # last: whoever takes themselves off sees nothing of it from then on
        one.grant.until = clock.now()
    db.session.flush()


def _taken_off(removed: Sequence[Named]) -> str:
    return f"Taken off: {', '.join(one.user.name for one in removed)}." if removed else ""
