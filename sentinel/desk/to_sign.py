"""What waits for a supervisor's signature, from every room: who it is about, why, by when, and what can be answered."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import joinedload

from sentinel.access.models import User
from sentinel.cases import signing, states
from sentinel.cases.models import Case, CaseDetail, Party
from sentinel.cases.queries import may_see_full
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.core.words import day, moment_within
from sentinel.desk.frame import link_to
from sentinel.desk.whats_next import promise_title
from sentinel.interventions import queries as powers
from sentinel.interventions.models import Intervention
from sentinel.referrals import queries as referrals
from sentinel.referrals.models import Referral
from sentinel.referrals.service import why_held
from sentinel.risk import queries as risk
from sentinel.risk.models import Assessment
from sentinel.supervision import queries as supervision
from sentinel.supervision.models import SupervisionReview
from sentinel.victims.models import Promise
from sentinel.victims.queries import attempts_for, tried_in_vain
from sentinel.victims.sentences import tries
from sentinel.victims.service import still_to_try


class About(NamedTuple):
    """Whose it is: the victim or the case, how risky, its number and its page."""

    name: str
    level: str | None
    reference: str
    href: str | None


@dataclass(frozen=True)
class ToSign:
    """One thing to sign. Answered in its row, or on the page at `elsewhere`."""

    kind: str
    id: UUID
    about: About
    what: str
    detail: str
    due_at: datetime | None
    button: str
    elsewhere: str | None = None
    facts: list[tuple[str, str]] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Group:
    """Things of one kind, the most pressing first."""

    kind: str
    title: str
    rows: list[ToSign]


def groups(viewer: Viewer) -> list[Group]:
    """Everything this supervisor may sign, by consequence; who stands in for one (`cases/signing.py`) only what they sign then."""
    return [Group(kind, title, find(viewer)) for kind, title, find in KINDS if signs(viewer, kind)]


def signs(viewer: Viewer, kind: str) -> bool:
    """Is this kind of thing this viewer's to sign?"""
    return viewer.has("supervisor") or kind in STANDING_IN


class Unsigned(NamedTuple):
    """What waits on a case that no supervisor can sign: who can be asked, or who hears of it instead, and what was asked."""

    waits: list[str]
    managers: str
    instead: str
    asked: CaseDetail | None


def unsigned_on(case: Case) -> Unsigned | None:
    """What waits on a case for a signature that no supervisor can give; None while one can, or nothing waits."""
    if case.state not in states.LIVE or signing.signers(case) or not (waits := signing.unsigned(case)):
        return None
    managers = " or ".join(user.name for user in signing.managers(case))
    asked = db.session.get_one(CaseDetail, case.id) if signing.is_asked(case) else None
    return Unsigned([WAITS[kind] for kind in waits], managers, "" if managers else signing.told_instead(case), asked)


class OwnCase(NamedTuple):
    """A case of one's own with something to sign: who signs it, and whether they have to be asked first."""

    case: Case
    sentence: str
    ask: bool


def own_cases(viewer: Viewer) -> list[OwnCase]:
    """Cases this supervisor has themselves on which a review, a level, a held referral or a closing waits: for somebody else."""
    if not viewer.has("supervisor"):
        return []
    reviewed = select(SupervisionReview.party_id).where(SupervisionReview.done_at.is_(None), SupervisionReview.ended_at.is_(None))
    judged = select(Assessment.party_id).where(Assessment.state == "pending")
    refused = select(Referral.party_id).where(Referral.state == "held")
    waiting = select(Party.case_id).where(or_(Party.id.in_(reviewed), Party.id.in_(judged), Party.id.in_(refused)))
    proposed = select(CaseDetail.case_id).where(
        CaseDetail.signed_by.is_(None), Case.state == "closure_proposed", CaseDetail.case_id == Case.id
    )
    mine = select(Case).where(Case.officer_id == viewer.user_id, Case.state.in_(states.LIVE), may_see_full(viewer))
    cases = db.session.scalars(mine.where(or_(Case.id.in_(waiting), Case.id.in_(proposed))).order_by(Case.opened_at)).all()
    return [_own(case) for case in cases]


def _own(case: Case) -> OwnCase:
    asked = signing.asked_until(case)
    if asked and not signing.signers(case):
        names = " or ".join(user.name for user in signing.managers(case))
        return OwnCase(case, f"{names} can until {day(clock.london(asked[0].until).date())}.", ask=False)
    return OwnCase(case, signing.who_can(case), ask=not signing.signers(case) and not signing.is_asked(case))


def counts(viewer: Viewer) -> dict[str, int]:
    """How many things of each kind wait for this supervisor."""
    found = {
        "referral": referrals.count_held(viewer),
        "lowering": risk.count_pending(viewer),
        "review": supervision.count_reviews(viewer),
        "intervention": db.session.scalar(powers.waiting(viewer).with_only_columns(func.count(Intervention.id)).order_by(None)) or 0,
        "proposal": supervision.count_proposals(viewer),
        "excuse": len(_excusable(viewer)),
        "closing": db.session.scalar(_closings(viewer).with_only_columns(func.count(Case.id))) or 0,
    }
    return {kind: n for kind, n in found.items() if signs(viewer, kind)}


def count(viewer: Viewer) -> int:
    """How many things wait for this supervisor."""
    return sum(counts(viewer).values())


def held(viewer: Viewer) -> list[ToSign]:
    """Referrals that are not sent until a supervisor decides."""
    return [
        ToSign(
            kind="referral",
            id=referral.id,
            about=_about(party, case),
            what="Decide whether to refer",
            detail=why_held(party) or "Held when it was made; nothing stands in the way now",
            due_at=referral.decide_by,
            button="Decide",
            facts=[("Why high", referral.why), ("To", referral.agency.name)],
            answers=[("send", "Send it, for the safeguarding reason I give"), ("respect", "Respect their wish: do not send it")],
        )
        for referral, party, case in referrals.held(viewer)
    ]


def lowerings(viewer: Viewer) -> list[ToSign]:
    """Levels judged lower than suggested, or than they were."""
    return [_lowering(*row) for row in risk.pending(viewer)]


def _lowering(assessment: Assessment, party: Party, case: Case | None) -> ToSign:
    judged, effective = assessment.judged.capitalize(), assessment.effective.capitalize()
    who = assessment.assessor.name if assessment.assessor else assessment.source or "Another system"
    return ToSign(
        kind="lowering",
        id=assessment.id,
        about=_about(party, case),
        what=f"Agree to {judged}",
        detail=f"Judged by {who}, {moment_within(assessment.assessed_at)}. It stands at {effective} until answered",
        due_at=None,
        button="Answer",
        facts=[
            ("Their reasons", assessment.rationale or "None given"),
            ("Suggested", f"{assessment.suggested.capitalize()}, score {assessment.score}: {'; '.join(assessment.because[:4])}"),
        ],
        answers=[("agree", f"Agree: the risk is {judged} from now"), ("refuse", f"Do not agree: it stays {effective}")],
    )


def reviews(viewer: Viewer) -> list[ToSign]:
    """Supervision reviews of high-risk victims."""
    return [
        ToSign(
            kind="review",
            id=review.id,
            about=_about(party, case),
            what=f"Supervision review {review.number}",
            detail="High risk: see that the plan is right and the victim is safe",
            due_at=review.due_at,
            button="Record review",
            facts=_latest(party),
        )
        for review, party, case in supervision.reviews_open(viewer)
    ]


def proposals(viewer: Viewer) -> list[ToSign]:
    """High-risk victims proposed for a discussion by the partnership."""
    return [
        ToSign(
            kind="proposal",
            id=proposal.id,
            about=_about(party, case),
            what="Take to a multi-agency discussion",
            detail=f"Proposed {moment_within(proposal.proposed_at)}, on becoming high risk",
            due_at=None,
            button="Answer",
            facts=_latest(party),
            answers=[("accept", "Take it to the discussion"), ("decline", "Not this time, because")],
        )
        for proposal, party, case in supervision.proposals_open(viewer)
    ]


def interventions(viewer: Viewer) -> list[ToSign]:
    """Interventions that somebody else has to authorise; not one's own proposals."""
    together = joinedload(Intervention.case), joinedload(Intervention.proposer), joinedload(Intervention.party)
    waiting = powers.waiting(viewer).options(*together)
    return [
        ToSign(
            kind="intervention",
            id=one.id,
            about=_case(one.case),
            what=f"Authorise: {powers.power_name(one.power_key)}",
            detail=f"Proposed by {one.proposer.name}, {moment_within(one.proposed_at)}",
            due_at=None,
            button="Answer",
            facts=[("For", one.party.person.name if one.party else "Nobody by name"), ("Why", one.note or "Not said")],
            answers=[("authorise", "Authorise it"), ("refuse", "Do not authorise it")],
        )
        for one in db.session.scalars(waiting.order_by(Intervention.proposed_at))
    ]


def excusable(viewer: Viewer) -> list[ToSign]:
    """Promises that may be excused now: enough attempts were made, and none reached them."""
    return [
        ToSign(
            kind="excuse",
            id=promise.id,
            about=_about(party, case),
            what=f"May be excused: {promise_title(promise.kind)[0].lower()}{promise_title(promise.kind)[1:]}",
            detail=tries(attempts_for(promise)),
            due_at=promise.due_at,
            button="Look at it",
            elsewhere=link_to("victims.excuse", promise_id=promise.id),
        )
        for promise, party, case in _excusable(viewer)
    ]


def _excusable(viewer: Viewer) -> list[tuple[Promise, Party, Case | None]]:
    return [row for row in tried_in_vain(viewer) if still_to_try(row[0]) is None]


def closings(viewer: Viewer) -> list[ToSign]:
    """Cases proposed for closing and not signed; not those one proposed oneself."""
    return [
        ToSign(
            kind="closing",
            id=case.id,
            about=_case(case),
            what="Closing proposed",
            detail=f"By {who.name if who else 'somebody'}, {moment_within(detail.proposed_at)}" if detail.proposed_at else "",
            due_at=None,
            button="Look at it",
            elsewhere=link_to("closing.case_closing", case_id=case.id),
        )
        for case, detail, who in db.session.execute(_closings(viewer).order_by(CaseDetail.proposed_at))
    ]


def _closings(viewer: Viewer) -> Select[Case, CaseDetail, User]:
    return (
        select(Case, CaseDetail, User)
        .join(CaseDetail, CaseDetail.case_id == Case.id)
        .outerjoin(User, User.id == CaseDetail.proposed_by)
        .where(Case.state == "closure_proposed", CaseDetail.signed_by.is_(None), may_see_full(viewer))
        .where(CaseDetail.proposed_by.is_distinct_from(viewer.user_id), Case.officer_id.is_distinct_from(viewer.user_id))
    )


STANDING_IN = ("referral", "lowering", "review", "excuse", "closing")
WAITS = {
    "referral": "a referral they refused, to decide about",
    "lowering": "a lower level of risk",
    "review": "a supervision review of high risk",
    "excuse": "a promise tried in vain, to excuse",
    "closing": "closing the case",
}
KINDS: list[tuple[str, str, Callable[[Viewer], list[ToSign]]]] = [
    ("referral", "Referrals held: decide", held),
    ("lowering", "Lower levels of risk to agree to", lowerings),
    ("review", "Supervision reviews of high risk", reviews),
    ("intervention", "Interventions to authorise", interventions),
    ("proposal", "Multi-agency discussions proposed", proposals),
    ("excuse", "Promises that may be excused", excusable),
    ("closing", "Cases proposed for closing", closings),
]


def _about(party: Party, case: Case | None) -> About:
    if case:
        return About(party.person.name, party.level, case.reference, link_to("case.overview", case_id=case.id))
    reference = party.report.reference if party.report else ""
    return About(party.person.name, party.level, reference, link_to("triage.report", report_id=party.report_id))


def _case(case: Case) -> About:
    return About(case.title, case.level, case.reference, link_to("case.overview", case_id=case.id))


def _latest(party: Party) -> list[tuple[str, str]]:
    found = risk.latest(party.id)
    if found is None:
        return []
    who = found.assessor.name if found.assessor else found.source or "another system"
    return [(f"{who}, {moment_within(found.assessed_at)}", found.rationale or "; ".join(found.because))]
