"""What a supervisor still has to look at or sign, on cases they see in full."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from sentinel.cases.models import Case, Party
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.risk.models import HighEpisode
from sentinel.risk.queries import seen_in_full
from sentinel.supervision.models import MultiAgencyProposal, SupervisionReview


class ReviewDue(NamedTuple):
    """A supervision review that is not done."""

    review: SupervisionReview
    party: Party
    case: Case | None


class Proposed(NamedTuple):
    """A proposal for a multi-agency discussion that nobody has answered."""

    proposal: MultiAgencyProposal
    party: Party
    case: Case | None


def reviews_open(viewer: Viewer) -> list[ReviewDue]:
    """Supervision reviews to be done, the earliest due first."""
    rows = db.session.execute(_reviews(viewer).order_by(SupervisionReview.due_at).options(joinedload(Party.person)))
    return [ReviewDue(*row) for row in rows]


def count_reviews(viewer: Viewer, due_by: datetime | None = None) -> int:
    """How many supervision reviews are to be done; those due by a moment, if one is given."""
    due = _reviews(viewer)
    if due_by:
        due = due.where(SupervisionReview.due_at <= due_by)
    return db.session.scalar(due.with_only_columns(func.count(SupervisionReview.id))) or 0


def reviews_of(party: Party) -> list[SupervisionReview]:
    """Every supervision review of a party, newest first."""
    query = select(SupervisionReview).where(SupervisionReview.party_id == party.id).order_by(SupervisionReview.due_at.desc())
    return list(db.session.scalars(query))


def proposals_open(viewer: Viewer) -> list[Proposed]:
    """Multi-agency proposals nobody has answered, of victims still at high risk, the oldest first."""
    rows = db.session.execute(_proposals(viewer).order_by(MultiAgencyProposal.proposed_at).options(joinedload(Party.person)))
    return [Proposed(*row) for row in rows]


def count_proposals(viewer: Viewer) -> int:
    """How many multi-agency proposals wait for an answer."""
    return db.session.scalar(_proposals(viewer).with_only_columns(func.count(MultiAgencyProposal.id))) or 0


def proposal_of(party: Party) -> MultiAgencyProposal | None:
    """The latest multi-agency proposal of a party."""
    query = select(MultiAgencyProposal).where(MultiAgencyProposal.party_id == party.id)
    return db.session.scalar(query.order_by(MultiAgencyProposal.proposed_at.desc()).limit(1))


def _reviews(viewer: Viewer) -> Select[SupervisionReview, Party, Case]:
    return (
        select(SupervisionReview, Party, Case)
        .join(Party, Party.id == SupervisionReview.party_id)
        .outerjoin(Case, Case.id == Party.case_id)
        .where(SupervisionReview.done_at.is_(None), SupervisionReview.ended_at.is_(None), seen_in_full(viewer))
    )


def _proposals(viewer: Viewer) -> Select[MultiAgencyProposal, Party, Case]:
    return (
        select(MultiAgencyProposal, Party, Case)
        .join(Party, Party.id == MultiAgencyProposal.party_id)
        .outerjoin(Case, Case.id == Party.case_id)
        .join(HighEpisode, HighEpisode.id == MultiAgencyProposal.episode_id)
        .where(MultiAgencyProposal.state == "proposed", HighEpisode.ended_at.is_(None), seen_in_full(viewer))
    )
