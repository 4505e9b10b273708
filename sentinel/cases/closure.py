"""Closing a case: proposed with an outcome, signed where it must be, refused while anything is missing (rules.md, Closure)."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from flask import current_app
from sqlalchemy import func, select

from config import agreed
from sentinel.access.models import User
from sentinel.cases import states
from sentinel.cases.events import CaseClosed, CaseReopened, ClosingProposed, ClosingTakenBack, OfficerChanged, TellerNamed
from sentinel.cases.models import Action, Case, CaseDetail, Handover, Report, ReportDetail
from sentinel.cases.named import keeps_the_list
from sentinel.cases.service import hold, refuse_strangers, workers_on, works_for
from sentinel.cases.signing import refuse_unless_signs, stands_in
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotAllowed, Refused, Stale
from sentinel.core.events import publish
from sentinel.core.versions import version_of

TELLS = "Who tells the victims"
SIGNS = "Only a supervisor of the partner that owns the case can sign its closing."


class Missing(NamedTuple):
    """What a case still needs, as a sentence that says what to do, and the page to do it on: `keys` of its address beside case_id."""

    sentence: str
    endpoint: str
    keys: Mapping[str, object] | None = None


Check = Callable[[Case], Iterable[Missing]]


class NotYet(Refused):
    """Closing is refused; `missing` is everything that has to be mended first."""

    def __init__(self, missing: list[Missing]) -> None:
        super().__init__("This case cannot be closed yet. " + " ".join(one.sentence for one in missing))
        self.missing = missing


def missing(case: Case) -> list[Missing]:
    """Everything this case still needs before it can be closed, in the order of CLOSURE_CHECKS (`sentinel/reactions.py`)."""
    checks: Iterable[Check] = current_app.extensions["sentinel.closure_checks"]
    return [one for check in checks for one in check(case)]


def propose_closing(*, actor: User, case: Case, outcome: str, note: str, teller: User | None = None, version: int | None = None) -> Case:
    """Propose to close: the outcome, what was done, and who tells the victims (`teller`; left out: the officer, else the proposer).

    The work goes on until it is closed, and each victim is promised to be told before: see ClosingProposed in
    `sentinel/reactions.py`. Refuses a case that is not open, an outcome or note that was not given, and a teller who does not
    work on the case for its owner. Recorded on the story (rules.md, Closure).
    """
    hold(case, version)
    refuse_strangers(actor, case.owner_partner_id)
    state = states.move_case(case.state, "closure_proposed")
    words = _word(agreed.current().outcomes.closure, outcome, "Choose how it ended.", "outcome")
    if not note.strip():
        raise Refused("Say in a sentence what was done and why it can close.", field="note")
    tells = teller or case.officer or actor
    _refuse_teller(tells, case)
    detail, proposed_at = detail_of(case), clock.now()
    detail.outcome, detail.outcome_note, detail.teller_id = outcome, note.strip(), tells.id
    detail.proposed_by, detail.proposed_at = actor.id, proposed_at
    detail.signed_by = detail.signed_at = None
    case.state = state
    body = f"{note.strip()}\n{tells.name} tells the victims."
    tell(kind="closure", title=f"Closing proposed: {words}", body=body, case=case, actor=actor)
    db.session.flush()
    publish(ClosingProposed(case, proposed_at, actor))
    return case


def name_teller(*, actor: User, case: Case, teller: User, version: int | None = None) -> Case:
    """Somebody else tells the victims from now on, and is alerted for it; what was promised keeps its dates.

    Refuses a case not proposed for closing, whoever tells them already, and who does not work on the case for its owner. Raises
    Stale when `version` (`teller_version`) is not that of the one who was named. Recorded on the story.
    """
    hold(case)
    refuse_strangers(actor, case.owner_partner_id)
    if case.state != "closure_proposed":
        raise Refused(f"Nobody has proposed to close this case: it is {states.CASE_WORDS[case.state]}.")
    detail = detail_of(case)
    before = db.session.get(User, detail.teller_id) if detail.teller_id else None
    now_named = before.name if before else "Nobody yet"
    if version is not None and version != teller_version(detail):
        sentence = f"Somebody named {now_named} while you had this open. Nothing of yours was saved."
        raise Stale(sentence, yours=[], theirs=[(TELLS, now_named)], version=teller_version(detail))
    if before and before.id == teller.id:
        raise Refused(f"{teller.name} tells them already. Choose somebody else.", field="teller")
    _refuse_teller(teller, case)
    detail.teller_id = teller.id
    tell(kind="closure", title=f"{teller.name} tells the victims, in place of {now_named}", case=case, actor=actor)
    publish(TellerNamed(case, teller, actor))
    return case


def teller_version(detail: CaseDetail) -> int:
    """The version of who tells the victims, for a form."""
    return version_of(detail.teller_id, detail.proposed_at)


def keep_teller(event: OfficerChanged) -> None:
    """Where the officer of the case was to tell the victims, that goes along with it."""
    detail = detail_of(event.case)
    if detail.teller_id == event.before.id:
        detail.teller_id = event.case.officer_id
        db.session.flush()


def _refuse_teller(teller: User, case: Case) -> None:
    if teller.id not in {one.id for one in tellers(case)}:
        raise Refused(f"{teller.name} does not work on this case for {case.owner.name}. Choose somebody who does.", field="teller")


def tellers(case: Case) -> list[User]:
    """Who may be named to tell the victims: practitioners and supervisors of the owner who see the case in full."""
    return [one for one in workers_on(case) if works_for(one, case.owner_partner_id)]


def keep_open(*, actor: User, case: Case, reason: str, version: int | None = None) -> Case:
    """Take a proposal to close back. Refuses a case that is not proposed for closing, and no reason. Recorded on the story."""
    hold(case, version)
    refuse_strangers(actor, case.owner_partner_id)
    if case.state != "closure_proposed":
        raise Refused(f"Nobody has proposed to close this case: it is {states.CASE_WORDS[case.state]}.")
    if not reason.strip():
        raise Refused("Say why it stays open.", field="reason")
    open_again(case)
    tell(kind="closure", title="Closing taken back: the case stays open", body=reason.strip(), case=case, actor=actor)
    publish(ClosingTakenBack(case, actor))
    return case


def sign_closing(*, actor: User, case: Case, note: str = "", version: int | None = None) -> Case:
    """A supervisor of the owning partner agrees to the closing.

    Refuses whoever proposed it, whoever has the case (`cases/signing.py` says who can), and a case not proposed for closing.
    """
    hold(case, version)
    if case.state != "closure_proposed":
        raise Refused(f"Nobody has proposed to close this case: it is {states.CASE_WORDS[case.state]}.")
    refuse_signature(actor, case)
    detail = detail_of(case)
    detail.signed_by, detail.signed_at = actor.id, clock.now()
    tell(kind="closure", title="Closing signed by a supervisor", body=note.strip() or None, case=case, actor=actor)
    return case


def refuse_signature(actor: User, case: Case) -> None:
    """Only a supervisor of the owner, or who stands in for the last, signs what closing needs; never their own proposal or case."""
    refuse_unless_signs(actor, case, SIGNS)
    if not stands_in(actor, case) and not keeps_the_list(actor, case.owner_partner_id):
        raise NotAllowed(SIGNS)
    if detail_of(case).proposed_by == actor.id:
        raise Refused("You proposed this closing, so another supervisor has to sign it.")


def close_case(*, actor: User, case: Case, version: int | None = None) -> Case:
    """Close a case that was proposed for closing. Refused (NotYet) with the list of what is missing.

    Promises to keep in touch end, and high episodes with them: see CaseClosed in `sentinel/reactions.py`.
    """
    hold(case, version)
    refuse_strangers(actor, case.owner_partner_id)
    state = states.move_case(case.state, "closed")
    still = missing(case)
    if still:
        raise NotYet(still)
    detail = detail_of(case)
    words = _word(agreed.current().outcomes.closure, detail.outcome or "", "Choose how it ended.", "outcome")
    case.state, case.closed_at = state, clock.now()
    tell(kind="closure", title=f"Case closed: {words}", body=detail.outcome_note, case=case, actor=actor)
    publish(CaseClosed(case, actor))
    return case


def reopen(*, actor: User, case: Case, reason: str, version: int | None = None) -> Case:
    """Open a closed case again. How it ended stays on the story. Refuses a case that is not closed, and no reason."""
    hold(case, version)
    refuse_strangers(actor, case.owner_partner_id)
    if case.state != "closed":
        raise Refused(f"This case is {states.CASE_WORDS[case.state]}, so there is nothing to reopen.")
    if not reason.strip():
        raise Refused("Say why it opens again.", field="reason")
    open_again(case)
    tell(kind="closure", title="Case reopened", body=reason.strip(), case=case, actor=actor)
    publish(CaseReopened(case, actor))
    return case


def detail_of(case: Case) -> CaseDetail:
    """What only the full view shows of a case."""
    return db.session.get_one(CaseDetail, case.id)


def outcome_words(key: str | None) -> str:
    """How it ended, in words; "" when nothing was chosen."""
    return {choice.key: choice.text for choice in agreed.current().outcomes.closure}.get(key or "", "")


def child_involved(case: Case) -> bool:
    """Is anybody on the case under 18, or did a report say that children are involved?"""
    today = clock.today()
    if any(states.is_child(party.person.born_on, party.person.age_years, today) for party in case.parties):
        return True
    told = select(Report.id).join(ReportDetail).where(Report.case_id == case.id, ReportDetail.children == "yes")
    return db.session.scalar(told.limit(1)) is not None


# --- What this room itself needs before closing -------------------------------------------------------------------


def proposal(case: Case) -> Iterator[Missing]:
    """How it ended, and who tells the victims."""
    if case.state == "open":
        yield Missing("Propose closing: choose how it ended, and who tells the victims.", "closing.case_closing")


def actions_done(case: Case) -> Iterator[Missing]:
    """Every action has its outcome."""
    n = db.session.scalar(select(func.count()).select_from(Action).where(Action.case_id == case.id, Action.done_at.is_(None)))
    if n:
        yield Missing(f"Finish {n} action{'s' if n > 1 else ''}, with what came of {'them' if n > 1 else 'it'}.", "actions.case_actions")


def handover_answered(case: Case) -> Iterator[Missing]:
    """Nobody is asked to take the case."""
    offer = db.session.scalar(select(Handover).where(Handover.case_id == case.id, Handover.state == "offered"))
    if offer:
        yield Missing(f"Take back the offer to {offer.to_team.name}, or wait for their answer.", "ownership.hand_over")


def _word(choices: Iterable[object], key: str, sentence: str, field: str) -> str:
    for choice in choices:
        if choice.key == key:  # type: ignore[attr-defined]
            return str(choice.text)  # type: ignore[attr-defined]
    raise Refused(sentence, field=field)


def open_again(case: Case) -> None:
    """Back to open, with nothing left of the proposal but its lines on the story."""
    detail = detail_of(case)
    detail.outcome = detail.outcome_note = detail.teller_id = None
    detail.proposed_by = detail.proposed_at = detail.signed_by = detail.signed_at = None
    case.state = states.move_case(case.state, "open")
    case.closed_at = None
    db.session.flush()
