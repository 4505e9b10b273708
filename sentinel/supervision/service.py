"""A supervisor's own part in a high episode: its reviews, and whether partners discuss it (rules.md, Risk)."""

from sqlalchemy import update

from config import agreed
from sentinel.access.models import User
from sentinel.cases.signing import refuse_unless_signs
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db, lock
from sentinel.core.errors import NotAllowed, Refused
from sentinel.risk import episodes
from sentinel.risk.events import EpisodeEnded, RiskBecameHigh
from sentinel.risk.models import HighEpisode
from sentinel.risk.rules import supervision_review_due
from sentinel.supervision.models import MultiAgencyProposal, SupervisionReview

UNDECIDED = ("received", "opened", "joined")


def propose_discussion(event: RiskBecameHigh) -> None:
    """Propose the victim for a multi-agency discussion: once per episode."""
    db.session.add(MultiAgencyProposal(episode_id=event.episode.id, party_id=event.party.id, proposed_at=clock.now()))
    db.session.flush()
    tell(kind="supervision", title="Proposed for a multi-agency discussion", actor=event.actor, party=event.party)


def open_review(event: RiskBecameHigh) -> None:
    """Make the episode's first supervision review due: within 1 working day, the day it opened counting whatever the hour."""
    _add_review(event.episode, number=1)


def end_reviews(event: EpisodeEnded) -> None:
    """Reviews that were still to come end with the episode."""
    db.session.execute(
        update(SupervisionReview)
        .where(SupervisionReview.episode_id == event.episode.id, SupervisionReview.done_at.is_(None))
        .values(ended_at=clock.now())
        .execution_options(synchronize_session="fetch")
    )


def sign_review(*, actor: User, review: SupervisionReview, note: str) -> SupervisionReview | None:
    """Record a supervision review and what was decided; while the episode goes on, the next is due in 10 working days.

    Refuses: anybody but a supervisor, and one who has the case (`cases/signing.py` says who can); no note; a review that was
    done or has ended. Where the report was decided without a case, nobody works on it any more: this review is the last, and the
    episode ends. Returns the next review.
    """
    lock(review)
    episode = db.session.get_one(HighEpisode, review.episode_id)
    refuse_unless_signs(actor, episode.party.case)
    if review.done_at or review.ended_at:
        raise Refused("This review was recorded already, or the risk is no longer high.")
    if not note.strip():
        raise Refused("Say what you looked at and what you decided.", field="note")
    review.done_at, review.done_by, review.note = clock.now(), actor.id, note.strip()
    tell(kind="supervision", title=f"Supervision review {review.number}", body=note.strip(), actor=actor, party=episode.party)
    return _go_on(episode, review.number, actor)


def answer_proposal(*, actor: User, proposal: MultiAgencyProposal, accept: bool, reason: str) -> None:
    """A supervisor takes the victim to a multi-agency discussion, or says why not. Refuses one that was answered already."""
    lock(proposal)
    _refuse_unless_supervisor(actor)
    if proposal.state != "proposed":
        raise Refused("This proposal was answered already.")
    if not accept and not reason.strip():
        raise Refused("Say why it is not to be discussed: the reason is kept.", field="reason")
    proposal.state = "accepted" if accept else "declined"
    proposal.answered_by, proposal.answered_at, proposal.reason = actor.id, clock.now(), reason.strip() or None
    episode = db.session.get_one(HighEpisode, proposal.episode_id)
    title = "Accepted for a multi-agency discussion" if accept else "Not taken to a multi-agency discussion"
    tell(kind="supervision", title=title, body=proposal.reason, actor=actor, party=episode.party)


def _add_review(episode: HighEpisode, *, number: int) -> SupervisionReview:
    due = supervision_review_due(clock.now(), agreed.current().risk, first=number == 1)
    review = SupervisionReview(episode_id=episode.id, party_id=episode.party_id, number=number, due_at=due)
    db.session.add(review)
    db.session.flush()
    return review


def _go_on(episode: HighEpisode, number: int, actor: User) -> SupervisionReview | None:
    if episode.ended_at:
        return None
    report = episode.party.report
    if episode.party.case_id is None and report and report.state not in UNDECIDED:
        reason = f"The report was decided without a case, and {actor.name} reviewed it."
        episodes.end(episode, episode.party, reason=reason, actor=actor)
        return None
    return _add_review(episode, number=number + 1)


def _refuse_unless_supervisor(actor: User) -> None:
    if not any(held.role == "supervisor" for held in actor.holdings):
        raise NotAllowed("Only a supervisor may sign this.")
