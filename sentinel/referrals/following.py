"""What follows for referrals from risk, triage and safety decisions (sentinel/reactions.py)."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update

from sentinel.access.models import Partner
from sentinel.access.service import partner_by_slug
from sentinel.cases.events import ReportTriaged, SafeToApproach
from sentinel.cases.models import Party
from sentinel.cases.timeline import tell
from sentinel.core.db import db
from sentinel.referrals import service
from sentinel.referrals.models import OPEN_STATES, EpisodeReferral, Referral
from sentinel.risk.events import EpisodeEnded, RiskBecameHigh, RiskHighAgain
from sentinel.risk.models import HighEpisode

VICTIM_FIRST = "victim-first"
NO_AGENCY = "The partnership has no Victim First to refer to. Find other support."
UNKNOWN = "Nobody knows who this person is, so there is nobody to refer."
HAVE_THEM = "Victim First have them already, from another record of theirs."


def refer_high_risk(event: RiskBecameHigh) -> None:
    """Refer the party to Victim First, or update the open referral of the same person; the episode remembers which.

    Held for a supervisor where consent was refused, the party asked not to be named to agencies or may not know that they
    were named, or the case is restricted. What may not be told is not added to an open referral either.
    """
    agency = partner_by_slug(VICTIM_FIRST)
    if agency is None or (event.party.detail and event.party.detail.hidden_from_us):
        return _not_referred(event, NO_AGENCY if agency is None else UNKNOWN)
    made = service.make(agency, event.party, event.assessment)
    if made:
        service.announce(made, event.actor)
        return _remember(event, made.id)
    open_already, held = _open_referral(agency, event.party), service.why_held(event.party)
    if held and open_already.state != "held":
        return _not_referred(event, f"{held}." if open_already.hidden else f"{held}. {HAVE_THEM}")
    _remember(event, open_already.id)  # what the episode is linked to, those who see the episode may see
    found = _locked(open_already.id)
    if found.state == "held" and not held:
        service.take_over(found, event.party, event.assessment, event.actor)
    elif found.state != "held":
        note = service.why_high(event.assessment) if open_already.hidden else _further(event.party)
        _add(found, event.party, note, event)
        service.send(found, key=str(event.episode.id))
    return None


def update_open(event: RiskHighAgain) -> None:
    """A further high assessment inside an episode becomes an update of the referral that answers it."""
    referral = _open_of_episode(event.episode)
    if referral:
        _add(referral, event.party, f"Assessed as high risk again. {service.why_high(event.assessment)}", event)
        service.send(referral, key=str(event.assessment.id))


def end_of_episode(event: EpisodeEnded) -> None:
    """No longer high: the agency is told; a held referral is withdrawn unsent once no other episode needs it."""
    referral = _open_of_episode(event.episode)
    if referral is None:
        return
    if referral.state != "held":
        _add(referral, event.party, f"No longer treated as high risk here. {event.reason}", event)
    elif not _needed_still(referral):
        service.move(referral=referral, kind="withdrawn", actor=event.actor, note=f"Not sent: {event.reason}")


def release(event: SafeToApproach) -> None:
    """It is safe to approach a victim who may not have known: a referral held for that alone is sent."""
    person = event.party.person.canonical_id
    held = select(Referral).where(Referral.person_id == person, Referral.state == "held").with_for_update()
    for referral in db.session.scalars(held).all():
        if not service.why_held(referral.party):
            service.put_before_agency(referral, event.actor, "A practitioner said that it is safe to approach them.")


def follow_triage(event: ReportTriaged) -> None:
    """Referrals of the report go with it to the case."""
    parties = [party.id for party in event.report.parties]
    db.session.execute(
        update(Referral)
        .where(Referral.party_id.in_(parties))
        .values(case_id=event.report.case_id)
        .execution_options(synchronize_session="fetch")
    )


def _add(referral: Referral, party: Party, note: str, event: RiskBecameHigh | RiskHighAgain | EpisodeEnded) -> None:
    """An update of the referral; the words of one case are no part of another's story, so the line stands on the party's own."""
    if party.id != referral.party_id and isinstance(event, RiskHighAgain):
        note = f"Assessed as high risk again in the case held by {_team(party)}."
    title = "Referred to Victim First" if _hidden(referral, party) else "Victim First were told of a change"
    service.add(referral, "update", actor=event.actor, note=note, party=party, title=title)


def _hidden(referral: Referral, party: Party) -> bool:
    """Was it made for a restricted case, of which the people of this party's case may not learn?"""
    made_for = referral.party
    return made_for is None or (service.is_restricted(made_for) and made_for.case_id != party.case_id)


def _further(party: Party) -> str:
    return f"In a further case, held by {_team(party)}, they are at high risk too."


def _not_referred(event: RiskBecameHigh, reason: str) -> None:
    _remember(event, None, reason)
    tell(kind="referral", title="No referral to Victim First was made", body=reason, actor=event.actor, party=event.party)


def _remember(event: RiskBecameHigh, referral_id: UUID | None, reason: str | None = None) -> None:
    db.session.add(EpisodeReferral(episode_id=event.episode.id, referral_id=referral_id, reason=reason))
    db.session.flush()


def _team(party: Party) -> str:
    team = party.case.team if party.case else party.report.team if party.report else None
    return team.name if team else "a team not found yet"


def _open_referral(agency: Partner, party: Party) -> Any:
    """Key and state of the one that is open, and whether it was made for another case, a restricted one; also where it may not be read."""
    asked = text("SELECT id, state, hidden FROM open_referral(:agency, :person, :here)")
    return db.session.execute(asked, {"agency": agency.id, "person": party.person.canonical_id, "here": party.case_id}).one()


def _locked(referral_id: UUID) -> Referral:
    return db.session.scalars(select(Referral).where(Referral.id == referral_id).with_for_update()).one()


def _open_of_episode(episode: HighEpisode) -> Referral | None:
    linked = select(EpisodeReferral.referral_id).where(EpisodeReferral.episode_id == episode.id)
    return db.session.scalar(select(Referral).where(Referral.id.in_(linked), Referral.state.in_(OPEN_STATES)).with_for_update())


def _needed_still(referral: Referral) -> bool:
    episodes = select(HighEpisode.id).join(EpisodeReferral, EpisodeReferral.episode_id == HighEpisode.id)
    going_on = episodes.where(EpisodeReferral.referral_id == referral.id, HighEpisode.ended_at.is_(None))
    return db.session.scalar(going_on.limit(1)) is not None
