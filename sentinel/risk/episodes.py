"""High episodes: opened the moment the effective level becomes high, ended by an effective lowering or the case's closing.

Five things follow the opening, in its transaction, or it does not happen: they stand in sentinel/reactions.py.
"""

from uuid import UUID

from sqlalchemy import select

from sentinel.access.models import User
from sentinel.cases.events import CaseClosed, CaseReopened
from sentinel.cases.models import Party
from sentinel.cases.timeline import tell
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.events import publish
from sentinel.risk import queries
from sentinel.risk.events import EpisodeEnded, RiskBecameHigh, RiskHighAgain
from sentinel.risk.models import Assessment, HighEpisode


def follow(party: Party, assessment: Assessment, actor: User | None) -> None:
    """Open, add to or end this party's high episode, whichever its level now asks for. The party is locked."""
    episode = queries.open_episode(party.id)
    if episode is None and assessment.effective == "high":
        open_episode(party, assessment, actor)
    elif episode and assessment.effective != "high":
        end(episode, party, reason=f"The risk is now {assessment.effective}.", actor=actor)
    elif episode and assessment.judged == "high":
        publish(RiskHighAgain(party, episode, assessment, actor))


def open_episode(party: Party, assessment: Assessment, actor: User | None) -> HighEpisode:
    """Open the episode and let the five things follow. One may be open per party: the database holds that too."""
    episode = HighEpisode(party_id=party.id, opened_at=clock.now(), opened_by_assessment=assessment.id)
    db.session.add(episode)
    db.session.flush()
    tell(kind="risk", title=f"{party.person.name} became high risk", actor=actor, party=party)
    publish(RiskBecameHigh(party, episode, assessment, actor))
    return episode


def end(episode: HighEpisode, party: Party, *, reason: str, actor: User | None) -> None:
    """End the episode, saying why."""
    episode.ended_at, episode.ended_reason = clock.now(), reason
    db.session.flush()
    tell(kind="risk", title=f"{party.person.name} is no longer treated as high risk", body=reason, actor=actor, party=party)
    publish(EpisodeEnded(party, episode, reason, actor))


def end_with_case(event: CaseClosed) -> None:
    """Closing a case ends the episodes of its victims."""
    for party in locked_victims(event.case.id):
        if episode := queries.open_episode(party.id):
            end(episode, party, reason="The case was closed.", actor=event.actor)


def begin_again(event: CaseReopened) -> None:
    """A reopened case whose victim still stands at high risk begins a new episode, with all that follows."""
    for party in locked_victims(event.case.id):
        assessment = queries.latest(party.id)
        if assessment and assessment.effective == "high" and not queries.open_episode(party.id):
            open_episode(party, assessment, event.actor)


def locked_victims(case_id: UUID) -> list[Party]:
    """The victims of a case, held until this transaction ends."""
    query = select(Party).where(Party.case_id == case_id, Party.role == "victim").order_by(Party.id)
    return list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))
