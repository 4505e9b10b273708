"""What saving an assessment will set off, worked out by the rules before it is saved: what, who is told, by when."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from config import agreed
from sentinel.access import queries as access
from sentinel.access.models import Team, User
from sentinel.cases.models import Party
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.words import day, until
from sentinel.referrals import queries as referrals
from sentinel.referrals import service as referring
from sentinel.risk import queries as risk
from sentinel.risk import rules
from sentinel.risk.models import HighEpisode
from sentinel.risk.rules import Level, Suggestion
from sentinel.supervision import queries as supervision
from sentinel.victims import rules as victims
from sentinel.victims.models import Promise
from sentinel.victims.rules import Kind, Klass


class Step(NamedTuple):
    """One thing that follows: `who` and `when` in bold, the words between and after them."""

    who: str
    words: str
    when: str = ""
    after: str = ""


class Saving(NamedTuple):
    """The list beside the button, and what the button says."""

    heading: str
    steps: list[Step]
    foot: str
    button: str


class Asked(NamedTuple):
    """What is about to be saved."""

    party: Party
    actor: User
    suggestion: Suggestion
    judged: Level
    chosen: bool
    enhanced: bool


def foresee(asked: Asked) -> Saving:
    """What saving this now would do. Nothing is written."""
    current = Level(asked.party.level) if asked.party.level else None
    effective, waits = rules.effective(asked.suggestion.level, current, asked.judged)
    episode = risk.open_episode(asked.party.id)
    steps = [*_waiting(asked, effective, waits), *_following(asked, effective, episode)]
    foot = _foot(asked.party, effective, opens=effective is Level.HIGH and episode is None)
    heading = f"{'When' if asked.chosen else 'If'} you save this as {asked.judged.value.capitalize()}"
    return Saving(heading, steps, foot, _button(asked, effective, waits))


def _button(asked: Asked, effective: Level, waits: bool) -> str:
    judged = asked.judged.value.capitalize()
    if not asked.chosen:
        return "Save this assessment"
    return f"Save: {effective.value.capitalize()} until {judged} is agreed" if waits else f"Save: {judged} risk"


def agreeing(party: Party, actor: User) -> str:
    """Who may agree to a lowering: the supervisors of the team, the assessor left out."""
    names = [person.name for person in _supervisors(party) if person.id != actor.id]
    return " or ".join(names) if 0 < len(names) < 3 else "A supervisor"


def notes(party: Party, actor: User, suggested: Level) -> dict[str, str]:
    """What stands beside each level: as suggested, higher, or lower and who must agree."""
    current = Level(party.level) if party.level else None
    return {level.value: _note(level, suggested, current, agreeing(party, actor)) for level in reversed(Level)}


def _note(level: Level, suggested: Level, current: Level | None, who: str) -> str:
    effective, waits = rules.effective(suggested, current, level)
    if waits:
        than = "suggested" if level.rank < suggested.rank else "now"
        return f"Lower than {than}. {who} must agree; it stands at {effective.value.capitalize()} until then."
    if level is suggested:
        return "As suggested."
    return "Higher than suggested: say why." if level.rank > suggested.rank else "Lower than suggested."


def _waiting(asked: Asked, effective: Level, waits: bool) -> Iterator[Step]:
    if waits:
        name = asked.judged.value.capitalize()
        yield Step(agreeing(asked.party, asked.actor), f"must agree to {name}. Until then it stands at {effective.value.capitalize()}.")


def _following(asked: Asked, effective: Level, episode: HighEpisode | None) -> Iterator[Step]:
    if effective is not Level.HIGH:
        yield _promised(asked, effective)
        if episode:
            yield Step("The high episode", f"of {_day(episode.opened_at)} ends, and its supervision reviews with it.")
    elif episode:
        yield _promised(asked, effective)
        yield from _already(asked, episode)
    else:
        yield _promised(asked, effective)
        yield Step(_told(asked.party), "hear of it now.")
        yield _referred(asked.party)
        yield Step("A multi-agency discussion", "is proposed; a supervisor answers.")
        yield _reviewed()


def _promised(asked: Asked, effective: Level) -> Step:
    contact, now = agreed.current().contact, clock.now()
    klass = victims.klass_of(effective.value, enhanced=asked.enhanced)
    plan = victims.schedule(Kind.AFTER_ASSESSMENT, klass, now, now, contact)
    cadence = contact.rule(Kind.CADENCE).within(klass)
    often = f", and contact at least every {cadence.n} working days" if cadence else ""
    name = asked.party.person.name
    if klass is Klass.ENHANCED and asked.party.klass != klass:
        return Step(name, "moves to the enhanced standard. You promise them a plan", until(plan.due_at), f"{often}.")
    standard = "the enhanced standard" if klass is Klass.ENHANCED else f"the {klass.value} standard"
    return Step(name, f"is on {standard}. You promise them a plan", until(plan.due_at), f"{often}.")


def _told(party: Party) -> str:
    team = team_of(party)
    on_duty = access.duty_supervisor(team.id, clock.now()) if team else None
    names = [person.name for person in _supervisors(party)] or ([on_duty.name] if on_duty else [])
    if len(names) > 2 and team:
        return f"Every supervisor of {team.name}"
    return " and ".join(names) if names else "The duty supervisor"


def _referred(party: Party) -> Step:
    held = referring.why_held(party)
    found = referrals.open_for(party)
    if found and found.state != "held":
        adds = f". Nothing of this is added: {held[0].lower()}{held[1:]}." if held else ": they get this as an update."
        return Step("Victim First", f"have them already, since {_day(found.referred_at)}{adds}")
    if held:
        decide_by = referring.due("referral_held", clock.now())
        return Step("Victim First", f"get nothing yet. {held}. A supervisor decides", until(decide_by) if decide_by else "", ".")
    contact_by = referring.due("referral_not_contacted", clock.now())
    return Step("Victim First", "get the referral now. They should ring", until(contact_by) if contact_by else "soon", ".")


def _reviewed() -> Step:
    standards = agreed.current().risk
    due = rules.supervision_review_due(clock.now(), standards, first=True)
    every = standards.supervision_review.then_every
    return Step("A supervision review", "is due", until(due), f"; then every {every} working days while high.")


def _already(asked: Asked, episode: HighEpisode) -> Iterator[Step]:
    """Inside an episode: what was done when it opened, dated, and what this adds."""
    since = f"since {_day(episode.opened_at)}"
    yield Step("High already", f"{since}: the supervisor was told then.")
    found = referrals.for_episode(episode.id)
    if found and found.state in ("open", "acknowledged", "accepted", "contacted"):
        update = ": they get this as an update." if asked.judged is Level.HIGH else "."
        yield Step("Victim First", f"have had them since {_day(found.referred_at)}{update}")
    elif found:
        yield Step("Victim First", f"referral: {found.state} {_day(found.ended_at or found.referred_at)}.")
    proposal = supervision.proposal_of(asked.party)
    if proposal:
        yield Step("A multi-agency discussion", f"was proposed {_day(proposal.proposed_at)}: {proposal.state}.")
    review = next((one for one in supervision.reviews_of(asked.party) if not one.done_at and not one.ended_at), None)
    if review:
        yield Step("The next supervision review", "is due", until(review.due_at), ".")


def _foot(party: Party, effective: Level, *, opens: bool) -> str:
    review = rules.review_due(effective, clock.now(), agreed.current().risk)
    parts = ["All five happen together, or none does."] if opens else []
    parts.append(f"Risk again {until(review)}.")
    if _first_contact_is_open(party):
        parts.append("The promise of first contact stands until you log it.")
    return " ".join(parts)


def _first_contact_is_open(party: Party) -> bool:
    query = select(Promise.id).where(Promise.party_id == party.id, Promise.kind == Kind.FIRST_CONTACT.value, Promise.state == "open")
    return db.session.scalar(query.limit(1)) is not None


def team_of(party: Party) -> Team | None:
    """The team that owns the case or, before triage, the report."""
    return party.case.team if party.case else party.report.team if party.report else None


def _supervisors(party: Party) -> list[User]:
    team = team_of(party)
    return access.supervisors(team.id) if team else []


def _day(moment: datetime) -> str:
    return day(clock.london(moment).date())
