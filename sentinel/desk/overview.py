"""What the overview of a case shows, gathered from the rooms: what was tried, what was promised, the facts around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.cases import closure, incidents
from sentinel.cases.known import may_know_of_report
from sentinel.cases.models import Case, CaseDetail, Party, Report
from sentinel.core import clock, words
from sentinel.core.db import db
from sentinel.core.pages import counted
from sentinel.core.viewer import current
from sentinel.desk.footprints import shares
from sentinel.desk.whats_next import promise_title
from sentinel.interventions import states
from sentinel.interventions.models import Intervention
from sentinel.interventions.queries import carried_out, power_name
from sentinel.places.models import Place
from sentinel.referrals.models import Referral
from sentinel.risk.models import HighEpisode
from sentinel.supervision.models import MultiAgencyProposal, SupervisionReview
from sentinel.victims import closing as telling
from sentinel.victims import sentences
from sentinel.victims.models import Promise

TIERS = (("advice", "Advice"), ("early", "Early"), ("notice", "Notice"), ("court", "Court"), ("area", "Area"))
HALF_YEAR = timedelta(days=183)


@dataclass(frozen=True)
class Rung:
    """A tier of the ladder, what was used of it and what was considered and not used."""

    label: str
    used: list[Intervention]
    not_used: list[Intervention]

    @property
    def n(self) -> int:
        """How many entries it has."""
        return len(self.used) + len(self.not_used)

    @property
    def is_done(self) -> bool:
        """Was anything of this tier carried out?"""
        return bool(carried_out(self.used))


@dataclass(frozen=True)
class Promised:
    """What was promised: the few to show, and how all of them stand."""

    shown: list[Promise]
    summary: str
    n: int


def ladder(case: Case) -> list[Rung]:
    """The tiers from advice to court; work on an area only where there is some."""
    rows = db.session.scalars(
        select(Intervention)
        .where(Intervention.case_id == case.id)
        .order_by(Intervention.proposed_at, Intervention.id)
        .options(joinedload(Intervention.proposer))
    ).all()
    rungs = []
    for key, label in TIERS:
        of_tier = [row for row in rows if row.tier == key]
        if of_tier or key != "area":
            used = [row for row in of_tier if row.state != "not_used"]
            rungs.append(Rung(label, used, [row for row in of_tier if row.state == "not_used"]))
    return rungs


def intervention_words(one: Intervention) -> str:
    """ "Warning letter, to Darren Whitlock (alleged)"."""
    return power_name(one.power_key) + (f", {one.party.person.name} (alleged)" if one.party else "")


def intervention_standing(one: Intervention) -> str:
    """How it stands, with its dates."""
    match one.state:
        case "proposed":
            return f"Proposed by {one.proposer.name}, {words.moment(one.proposed_at)}"
        case "ended" if one.starts_on is None:
            return "Taken back, not started"
        case "in_force" | "breached" | "ended":
            start = f"From {words.day(one.starts_on)}" if one.starts_on else ""
            end = f"{'to' if start else 'Until'} {words.day(one.ends_on)}" if one.ends_on else ""
            dates = " ".join(part for part in (start, end) if part)
            return ". ".join(part for part in ({"breached": "Breached", "ended": "Ended"}.get(one.state, ""), dates) if part)
        case state:
            return states.WORDS[state].capitalize()


def reason_words(one: Intervention) -> str:
    """Why it was not used, and the officer's own words."""
    agreed_reasons = {choice.key: choice.text for choice in agreed.current().outcomes.power_not_used}
    reason = agreed_reasons.get(one.reason or "", one.reason or "")
    said = f"“{one.note}”" if one.note else ""
    return " ".join(part for part in (f"{reason.rstrip('.')}." if reason else "", said) if part)


def outcome(detail: CaseDetail) -> str:
    """How the case ended, in words."""
    return closure.outcome_words(detail.outcome)


def victims_views(case: Case) -> str:
    """What the victims said about closing, in words: each view once, lower case."""
    views = [telling.view_words(one.view.view).lower() for one in telling.standing(case) if one.view]
    return ", ".join(dict.fromkeys(views))


def promised(case: Case, show: int = 5) -> Promised:
    """The promises made on this case: open ones by date, then the latest kept, and how all of them stand."""
    rows = db.session.scalars(select(Promise).join(Party).where(Party.case_id == case.id).options(joinedload(Promise.contact))).all()
    still = sorted((row for row in rows if row.state == "open"), key=lambda row: (row.due_at, row.id))
    over = sorted((row for row in rows if row.state != "open"), key=lambda row: (row.ended_at or row.due_at, row.id), reverse=True)
    return Promised([*still, *over][:show], _promise_counts(rows), len(rows))


def promise_words(promise: Promise, several: bool) -> str:
    """What was promised, and to whom where there are several people."""
    return promise_title(promise.kind) + (f": {promise.party.person.name}" if several else "")


def kept_late(promise: Promise) -> str:
    """How late it was kept, by when it happened; "" when it was on time."""
    if promise.contact is None:
        return ""
    hours = sentences.in_hours(promise.kind, agreed.current().contact)
    return sentences.late_by(promise.due_at, promise.contact.occurred_at, hours=hours).capitalize()


def place_facts(case: Case) -> str:
    """How many reports the viewer may know of came from this building in six months; nothing when it is only this one."""
    if case.place is None:
        return ""
    since = clock.now() - HALF_YEAR
    same = select(Place.id).where(Place.building_key == case.place.building_key)
    reports = db.session.scalars(
        select(Report).where(
            Report.place_id.in_(same), Report.received_at >= since, may_know_of_report(current()), Report.state != "withdrawn"
        )
    ).all()
    n, addresses = incidents.count(reports), len({report.place_id for report in reports})
    where = f" from {addresses} addresses" if addresses > 1 else ""
    return f"{counted(n, 'incident')} reported here{where} in six months." if n > 1 else ""


def around(case: Case) -> list[tuple[str, str]]:
    """The facts beside the case, each only where there is one."""
    facts = [
        *_referral_facts(case),
        ("Multi-agency", _multi_agency(case)),
        ("Hate", _hate(case)),
        ("Supervision", _supervision(case)),
        ("Reports", _reports(case)),
        ("Also sees it", ", ".join(dict.fromkeys(share.name for share in shares(case) if share.level != "contact"))),
    ]
    return [(label, text) for label, text in facts if text]


def _keys(case: Case) -> list[UUID]:
    return [party.id for party in case.parties]


def _promise_counts(rows: Sequence[Promise]) -> str:
    now = clock.now()
    kept = [row for row in rows if row.state == "kept"]
    on_time = sum(row.contact is None or row.contact.occurred_at <= row.due_at for row in kept)
    late = len(kept) - on_time
    overdue = sum(row.state == "open" and row.due_at <= now for row in rows)
    to_come = sum(row.state == "open" and row.due_at > now for row in rows)
    otherwise = len(rows) - len(kept) - overdue - to_come
    parts = [f"{on_time} kept on time", f"{late} late", f"{overdue} overdue", f"{to_come} to come"]
    return ", ".join([*parts, *([f"{otherwise} ended another way"] if otherwise else [])]) + "."


def _referral_facts(case: Case) -> list[tuple[str, str]]:
    rows = db.session.scalars(
        select(Referral).where(Referral.case_id == case.id).order_by(Referral.referred_at).options(joinedload(Referral.agency))
    ).all()
    return [(row.agency.name, _referral_words(row)) for row in rows]


def _referral_words(row: Referral) -> str:
    if row.state == "held":
        return "Held: a supervisor decides, because consent was refused."
    said = [f"Referred {words.moment(row.referred_at)}."]
    if row.contacted_at:
        hours = int((row.contacted_at - row.referred_at).total_seconds() // 3600)
        said.append(f"First spoke to them {words.moment(row.contacted_at)}, {counted(hours, 'hour')} after.")
    elif row.acknowledged_at:
        said.append(f"Acknowledged {words.moment(row.acknowledged_at)}.")
    elif row.state == "open":
        said.append("Not acknowledged yet.")
    if row.state in ("closed", "declined", "withdrawn"):
        said.append(f"{row.state.capitalize()}.")
    return " ".join(said)


def _multi_agency(case: Case) -> str:
    found = db.session.scalar(
        select(MultiAgencyProposal)
        .where(MultiAgencyProposal.party_id.in_(_keys(case)))
        .order_by(MultiAgencyProposal.proposed_at.desc())
        .limit(1)
    )
    return f"{found.state.capitalize()} for discussion, {words.day(clock.london(found.proposed_at).date())}" if found else ""


def _hate(case: Case) -> str:
    perceived = [party.detail for party in case.parties if party.detail and party.detail.hate_perceived]
    strands = {strand_words(strand) for detail in perceived for strand in detail.hate_strands}
    by = {detail.hate_perceived_by for detail in perceived if detail.hate_perceived_by}
    seen_by = f" Seen so by {', '.join(sorted(by))}." if by else ""
    return f"{', '.join(sorted(strands)) or 'Perceived'}.{seen_by}" if perceived else ""


def strand_words(strand: str) -> str:
    """A strand of hate in the words of the risk assessment."""
    asked = next((one for one in agreed.current().risk.full.question if one.key == "hate_strands"), None)
    options = {option.value: option.text for option in asked.option} if asked else {}
    return options.get(strand, strand.replace("_", " ").capitalize())


def _supervision(case: Case) -> str:
    rows = db.session.scalars(
        select(SupervisionReview)
        .join(HighEpisode, HighEpisode.id == SupervisionReview.episode_id)
        .where(SupervisionReview.party_id.in_(_keys(case)))
    ).all()
    done = max((row.done_at for row in rows if row.done_at), default=None)
    due = min((row.due_at for row in rows if not row.done_at and not row.ended_at), default=None)
    said = [f"Looked at {words.moment(done)}." if done else "", f"Next: {words.by(due)}." if due else ""]
    return " ".join(part for part in said if part)


def _reports(case: Case) -> str:
    n, distinct = len(case.reports), incidents.count(case.reports)
    if n < 2:
        return ""
    days = [words.day(clock.london(report.received_at).date()) for report in case.reports[-4:]]
    counted_once = f", {counted(distinct, 'incident')}" if distinct != n else ""
    return f"{n}{counted_once}: {'... ' if n > 4 else ''}{', '.join(days)}"
