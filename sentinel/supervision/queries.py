"""What a supervisor still has to look at, sign or check, on cases they see in full."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.access.models import RoleHeld, User
from sentinel.cases import states
from sentinel.cases.models import Case, CaseClock, Party
from sentinel.cases.queries import may_see_full
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.risk.models import HighEpisode
from sentinel.risk.queries import seen_in_full
from sentinel.supervision.models import DipDraw, DipSample, MultiAgencyProposal, SupervisionReview
from sentinel.supervision.rules import quiet_since


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


class InPool(NamedTuple):
    """A case that may be drawn, and what makes it likelier."""

    case_id: UUID
    officer_id: UUID | None
    high: bool
    quiet: bool


def pool(viewer: Viewer, teams: Collection[UUID]) -> list[InPool]:
    """Live cases of these teams that this supervisor may be drawn: in order of their keys."""
    how, now = agreed.current().supervision.dip_sample, clock.now()
    lately = select(DipSample.case_id).where(DipSample.drawn_at > now - timedelta(days=how.not_again_within_days))
    last = func.coalesce(CaseClock.last_entry_at, Case.opened_at)
    rows = db.session.execute(
        select(Case.id, Case.officer_id, func.coalesce(Case.level == "high", False), last <= quiet_since(now, how.quiet_after_working_days))
        .outerjoin(CaseClock, CaseClock.case_id == Case.id)
        .where(Case.team_id.in_(teams), Case.state.in_(states.LIVE), may_see_full(viewer))
        .where(Case.officer_id.is_distinct_from(viewer.user_id), Case.id.not_in(lately))
        .order_by(Case.id)
    )
    return [InPool(*row) for row in rows]


def at_work(viewer: Viewer, teams: Collection[UUID]) -> dict[UUID, bool]:
    """Whose cases a supervisor looks at: each officer of these teams but themselves, and whether they see a live case of theirs."""
    live = select(Case.officer_id).where(Case.team_id.in_(teams), Case.state.in_(states.LIVE), may_see_full(viewer))
    holding = set(db.session.scalars(live.where(Case.officer_id.is_not(None)).distinct()))
    part = RoleHeld.team_id.in_(teams), RoleHeld.role == "practitioner", User.disabled_at.is_(None)
    practising = set(db.session.scalars(select(User.id).join(RoleHeld).where(*part)))
    return {officer: officer in holding for officer in holding | practising if officer and officer != viewer.user_id}


def draws_of(viewer: Viewer, limit: int = 10) -> list[DipDraw]:
    """A supervisor's own draws, the latest first."""
    query = select(DipDraw).where(DipDraw.drawn_by == viewer.user_id).order_by(DipDraw.drawn_at.desc())
    return list(db.session.scalars(query.limit(limit)))


def samples_of(viewer: Viewer, draws: Collection[DipDraw]) -> list[DipSample]:
    """The cases of these draws that the supervisor still sees in full, in the order they were drawn."""
    mine = DipSample.draw_id.in_([draw.id for draw in draws]), DipSample.drawn_for == viewer.user_id
    query = select(DipSample).join(Case, Case.id == DipSample.case_id).where(*mine, may_see_full(viewer))
    return list(db.session.scalars(query.order_by(DipSample.drawn_at, DipSample.place).options(joinedload(DipSample.case))))


def to_check(viewer: Viewer) -> list[DipSample]:
    """Cases drawn for this supervisor and not checked, the longest drawn first; not those that closed or became their own."""
    still = DipSample.done_at.is_(None), Case.state.in_(states.LIVE), Case.officer_id.is_distinct_from(viewer.user_id)
    query = select(DipSample).join(Case, Case.id == DipSample.case_id).where(DipSample.drawn_for == viewer.user_id, *still)
    return list(db.session.scalars(query.where(may_see_full(viewer)).order_by(DipSample.drawn_at, DipSample.place)))


def sample_for(viewer: Viewer, sample_id: UUID) -> DipSample | None:
    """A case drawn for this supervisor, if they see it in full."""
    mine = DipSample.id == sample_id, DipSample.drawn_for == viewer.user_id, may_see_full(viewer)
    return db.session.scalar(select(DipSample).join(Case, Case.id == DipSample.case_id).where(*mine))


def reviews_open(viewer: Viewer) -> list[ReviewDue]:
    """Supervision reviews to be done, the earliest due first; not of cases one has oneself."""
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
        .where(Case.officer_id.is_distinct_from(viewer.user_id))
    )


def _proposals(viewer: Viewer) -> Select[MultiAgencyProposal, Party, Case]:
    return (
        select(MultiAgencyProposal, Party, Case)
        .join(Party, Party.id == MultiAgencyProposal.party_id)
        .outerjoin(Case, Case.id == Party.case_id)
        .join(HighEpisode, HighEpisode.id == MultiAgencyProposal.episode_id)
        .where(MultiAgencyProposal.state == "proposed", HighEpisode.ended_at.is_(None), seen_in_full(viewer))
    )
