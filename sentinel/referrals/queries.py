"""Reading referrals: those of a case, those held for a supervisor, and an agency's own queue."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select, text
from sqlalchemy.orm import joinedload

from sentinel.access.models import Partner, Team
from sentinel.cases.models import Case, CaseGrant, Party
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import Viewer
from sentinel.post.models import Outbox
from sentinel.referrals.models import OPEN_STATES, EpisodeReferral, Referral, ReferralEvent
from sentinel.referrals.service import VISIBLE_AFTER
from sentinel.risk.models import Assessment, HighEpisode
from sentinel.risk.queries import seen_in_full
from sentinel.victims.models import ContactPlan, Promise

OUTCOMES = ("contacted", "closed", "declined", "withdrawn")


class Held(NamedTuple):
    """A referral that waits for a supervisor's decision."""

    referral: Referral
    party: Party
    case: Case | None


def open_for(party: Party) -> Referral | None:
    """The referral of this person that is not over, whichever case it came from."""
    return db.session.scalar(
        select(Referral).where(Referral.person_id == party.person.canonical_id, Referral.state.in_(OPEN_STATES)).limit(1)
    )


def for_episode(episode_id: UUID) -> Referral | None:
    """The referral that answers a high episode."""
    return db.session.scalar(
        select(Referral).join(EpisodeReferral, EpisodeReferral.referral_id == Referral.id).where(EpisodeReferral.episode_id == episode_id)
    )


def of_case(case: Case) -> list[Referral]:
    """Every referral that stands for a victim of this case, also one that was made for another case, newest first."""
    linked = (
        select(EpisodeReferral.referral_id)
        .join(HighEpisode, HighEpisode.id == EpisodeReferral.episode_id)
        .join(Party, Party.id == HighEpisode.party_id)
        .where(Party.case_id == case.id)
    )
    query = select(Referral).where(or_(Referral.case_id == case.id, Referral.id.in_(linked))).order_by(Referral.referred_at.desc())
    return list(db.session.scalars(query.options(joinedload(Referral.agency), joinedload(Referral.person), joinedload(Referral.worker))))


def not_made(case: Case) -> list[tuple[HighEpisode, str]]:
    """High episodes of this case that led to no referral, with the reason."""
    rows = db.session.execute(
        select(HighEpisode, EpisodeReferral.reason)
        .join(EpisodeReferral, EpisodeReferral.episode_id == HighEpisode.id)
        .join(Party, Party.id == HighEpisode.party_id)
        .where(Party.case_id == case.id, EpisodeReferral.referral_id.is_(None))
        .order_by(HighEpisode.opened_at.desc())
    )
    return [(episode, reason or "") for episode, reason in rows]


def events_of(referral_ids: Sequence[UUID]) -> dict[UUID, list[ReferralEvent]]:
    """What happened to each of these referrals, newest first."""
    found: dict[UUID, list[ReferralEvent]] = {key: [] for key in referral_ids}
    query = select(ReferralEvent).where(ReferralEvent.referral_id.in_(referral_ids))
    for event in db.session.scalars(query.order_by(ReferralEvent.at.desc(), ReferralEvent.id.desc())):
        found[event.referral_id].append(event)
    return found


def deliveries(referral_ids: Sequence[UUID]) -> dict[UUID, list[Outbox]]:
    """The messages of each of these referrals, newest first."""
    found: dict[UUID, list[Outbox]] = {key: [] for key in referral_ids}
    query = select(Outbox).where(Outbox.ref_table == "referral", Outbox.ref_id.in_(referral_ids))
    for message in db.session.scalars(query.order_by(Outbox.id.desc())):
        found[message.ref_id].append(message)
    return found


def held(viewer: Viewer) -> list[Held]:
    """Referrals waiting for a decision on what the viewer sees in full, the earliest due first; not of cases one has."""
    rows = db.session.execute(_held(viewer).order_by(Referral.decide_by).options(joinedload(Party.person)))
    return [Held(*row) for row in rows]


def count_held(viewer: Viewer) -> int:
    """How many referrals wait for a decision."""
    return db.session.scalar(_held(viewer).with_only_columns(func.count(Referral.id))) or 0


def queue(viewer: Viewer) -> list[Referral]:
    """Everything referred to the viewer's agency: what is open, and what ended within 28 days."""
    query = select(Referral).where(_of_agency(viewer)).options(joinedload(Referral.person), joinedload(Referral.worker))
    return list(db.session.scalars(query.order_by(Referral.contact_by, Referral.referred_at)))


def count_new(viewer: Viewer) -> int:
    """How many referrals to the viewer's agency nobody has acknowledged yet."""
    query = select(func.count(Referral.id)).where(Referral.state == "open", Referral.agency_id.in_(viewer.partner_ids))
    return db.session.scalar(query) or 0


def referral_for(viewer: Viewer, referral_id: UUID) -> Referral:
    """A referral to the viewer's own agency, until 28 days after it ended; otherwise there is nothing here."""
    found = db.session.scalar(select(Referral).where(Referral.id == referral_id, _of_agency(viewer)))
    if found is None:
        raise NotFound
    return found


def referral_of_case(viewer: Viewer, referral_id: UUID) -> Referral:
    """A referral whose victim the viewer sees in full; otherwise there is nothing here."""
    query = select(Referral).join(Party, Party.id == Referral.party_id).where(Referral.id == referral_id, seen_in_full(viewer))
    found = db.session.scalar(query)
    if found is None:
        raise NotFound
    return found


def plan_of(referral: Referral) -> ContactPlan | None:
    """How the victim can be reached safely."""
    return db.session.get(ContactPlan, referral.party_id)


def assessment_of(referral: Referral) -> Assessment | None:
    """The latest assessment that put this person at high risk."""
    query = (
        select(Assessment)
        .join(HighEpisode, HighEpisode.party_id == Assessment.party_id)
        .join(EpisodeReferral, EpisodeReferral.episode_id == HighEpisode.id)
        .where(EpisodeReferral.referral_id == referral.id, Assessment.effective == "high")
        .order_by(Assessment.assessed_at.desc(), Assessment.id.desc())
    )
    return db.session.scalar(query.options(joinedload(Assessment.assessor)).limit(1))


def promises_of(referral: Referral) -> list[Promise]:
    """What we told the victim would happen and has not happened yet, soonest first."""
    query = select(Promise).where(Promise.party_id == referral.party_id, Promise.state == "open")
    return list(db.session.scalars(query.order_by(Promise.due_at)))


def reported_since(referral: Referral) -> datetime | None:
    """When the latest report of this victim since the referral was made was received, if there is one.

    The agency does not see that report: a function of the database says only that it is there (migration 0013).
    """
    return db.session.scalar(text("SELECT reported_since(:referral)"), {"referral": referral.id})


def holder_of(referral: Referral) -> Team | None:
    """The team that holds the case or, before triage, the report."""
    party = referral.party
    return party.case.team if party.case else party.report.team if party.report else None


def giver_of(referral: Referral) -> Partner | None:
    """The partner whose case it is."""
    party = referral.party
    return party.case.owner if party.case else party.report.owner if party.report else None


def _of_agency(viewer: Viewer) -> ColumnElement[bool]:
    """What a grant of its party shows; of several referrals of one party not those that ended long ago, nor one never sent."""
    lately = or_(Referral.ended_at.is_(None), Referral.ended_at > clock.now() - VISIBLE_AFTER)
    unsent = and_(Referral.state == "withdrawn", Referral.contact_by.is_(None))
    granted = exists().where(
        CaseGrant.party_id == Referral.party_id,
        CaseGrant.grantee == Referral.agency_id,
        CaseGrant.level == "contact",
        CaseGrant.until > clock.now(),
    )
    return and_(Referral.agency_id.in_(viewer.partner_ids), Referral.state != "held", ~unsent, lately, granted)


def _held(viewer: Viewer) -> Select[Referral, Party, Case]:
    return (
        select(Referral, Party, Case)
        .join(Party, Party.id == Referral.party_id)
        .outerjoin(Case, Case.id == Party.case_id)
        .where(Referral.state == "held", seen_in_full(viewer), Case.officer_id.is_distinct_from(viewer.user_id))
    )
