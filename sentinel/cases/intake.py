"""Taking a report: what was said, who is in it, whose it is, and by when it is looked at (rules.md, Reports, parties, cases)."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from config import agreed
from sentinel.access.models import Partner, User
from sentinel.cases import routing
from sentinel.cases.events import ReportTaken
from sentinel.cases.models import Party, PartyDetail, Report, ReportDetail
from sentinel.cases.references import next_reference
from sentinel.cases.timeline import tell
from sentinel.core import clock, worktime
from sentinel.core.db import db, new_id
from sentinel.core.errors import Refused
from sentinel.core.events import publish
from sentinel.people import service as people
from sentinel.people.models import Person
from sentinel.people.queries import ways_to_reach
from sentinel.places.models import Place
from sentinel.places.queries import Located
from sentinel.places.service import find_or_make_place

CHANNELS = {
    "phone": "by telephone",
    "visit": "in person",
    "email": "by e-mail",
    "letter": "by letter",
    "online": "online",
    "partner": "from a partner",
}
NOTHING_SAID = "The call ended before they said what happened."


@dataclass(frozen=True)
class Reach:
    """How somebody can be reached, and what they said is safe; not asked is neither yes nor no."""

    phone: str = ""
    email_address: str = ""
    address: str = ""
    ring: str = "not_asked"
    voicemail: str = "not_asked"
    text: str = "not_asked"
    email: str = "not_asked"
    post: str = "not_asked"
    safe_times: str = ""
    language: str = ""
    never: str = ""

    @property
    def possible(self) -> bool:
        """Is there a number or address that was not forbidden, or a door to knock at?"""
        by_phone = self.phone and (self.ring != "no" or self.text != "no")
        return bool(by_phone or (self.email_address and self.email != "no") or self.address)

    def as_plan(self) -> dict[str, Any]:
        """By column of victims.models.ContactPlan."""
        return {column: value or None for column, value in asdict(self).items()}


@dataclass(frozen=True)
class NewParty:
    """Somebody in a report, in one role. `known` is the person on record the call taker attached."""

    role: str
    name: str = ""
    known: UUID | None = None
    description: str = ""
    age_years: int | None = None
    reach: Reach = field(default_factory=Reach)
    lives_there: bool = False
    calling: bool = False
    relation: str = ""
    may_not_know: bool = False
    hidden_from_other_party: bool = True
    hidden_from_public: bool = True
    hidden_from_agencies: bool = False
    hidden_from_us: bool = False
    hate_strands: tuple[str, ...] = ()
    hate_perceived_by: str = ""
    vulnerabilities: tuple[str, ...] = ()
    vulnerability: str = ""
    consent_victim_first: str = "not_asked"


@dataclass(frozen=True)
class NewReport:
    """A report as it was taken. `answers` are those of the risk screen; `place` is None when the caller did not say where."""

    channel: str
    what_happened: str
    parties: tuple[NewParty, ...]
    reference: str | None = None
    place: Located | None = None
    known_place: UUID | None = None
    landlord_id: UUID | None = None
    where_exactly: str = ""
    when_words: str = ""
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    category: str | None = None
    danger_now: str = "not_asked"
    relation: str = "not_asked"
    alleged_known: str = "not_asked"
    weapon: str = "not_asked"
    children: str = "not_asked"
    others_told: str = ""
    others_reference: str = ""
    at_risk: bool = False
    safeguarding_done_by: str = ""
    domestic_handed_to: str = ""
    domestic_reference: str = ""
    answers: Mapping[str, Any] = field(default_factory=dict)
    raised_to: str | None = None
    acknowledge_by: tuple[str, ...] = ()
    told_on_the_line: bool = True
    suggested_case_id: UUID | None = None


def take_report(*, actor: User, report: NewReport, received_at: datetime) -> Report:
    """Record a report, its people and its place, give it to the team it belongs to, and publish ReportTaken.

    Refuses an incident or a receipt still to come. A report of domestic abuse is passed on by the force's route: nothing is
    sent for it. A third party's victim who does not know is marked so, and is not contacted until a practitioner says it is
    safe. Recorded on the story.
    """
    _refuse_the_future(report, received_at)
    made = _headline(actor, report, received_at)
    detail = _detail(made, report, received_at)
    parties = [(_party(made, new), new) for new in report.parties]
    tell(kind="report", title=_title(made, report), body=report.what_happened, report=made, actor=actor, happened_at=received_at)
    _tell_of_diversions(made, detail, actor)
    publish(_taken(actor, made, detail, report, parties))
    return made


def _refuse_the_future(report: NewReport, received_at: datetime) -> None:
    if received_at > clock.now():
        raise Refused("A report cannot be received before now. Enter when it reached you.", field="started")
    if report.occurred_from and report.occurred_from > clock.now():
        raise Refused("That has not happened yet. Enter when it happened, such as today 6:30am.", field="when")


def _headline(actor: User, report: NewReport, received_at: datetime) -> Report:
    place = _place(actor.partner, report)
    category = agreed.current().categories.get(report.category) if report.category else None
    owner = routing.owner_of(
        taken_for=actor.partner,
        landlord_id=place.landlord_id if place else report.landlord_id,
        district_code=place.district_code if place else None,
        category=report.category,
    )
    made = Report(
        id=new_id(),
        reference=report.reference or next_reference(),
        category=report.category,
        national_type=category.national_type if category else None,
        channel=report.channel,
        received_at=received_at,
        taken_at=clock.now(),
        taken_by=actor.id,
        owner_partner_id=owner.partner_id,
        team_id=owner.team.id if owner.team else None,
        unrouted=owner.unrouted,
        place_id=place.id if place else None,
        suggested_case_id=report.suggested_case_id,
        triage_by=due("report_not_triaged", received_at),
        screen_by=due("report_not_screened", received_at),
    )
    db.session.add(made)
    db.session.flush()
    return made


def due(condition: str, since: datetime) -> datetime | None:
    """When what a trigger watches falls due, counted from a moment; None where the partnership does not watch it."""
    trigger = agreed.current().triggers.watching(condition)
    return worktime.reckon(trigger.due, since) if trigger and trigger.due else None


def _place(partner: Partner, report: NewReport) -> Place | None:
    if report.known_place:
        return db.session.get_one(Place, report.known_place)
    if report.place is None:
        return None
    return find_or_make_place(report.place, said_in=partner.district_code or partner.slug, landlord_id=report.landlord_id)


def _detail(made: Report, report: NewReport, received_at: datetime) -> ReportDetail:
    abandoned = report.relation == "partner_or_family" and not report.domestic_handed_to
    at_risk = report.at_risk or abandoned
    done_at = clock.now() if report.safeguarding_done_by else None
    detail = ReportDetail(
        report_id=made.id,
        what_happened=report.what_happened or NOTHING_SAID,
        where_exactly=report.where_exactly or None,
        when_words=report.when_words or None,
        occurred_from=report.occurred_from,
        occurred_to=report.occurred_to,
        danger_now=report.danger_now,
        relation=report.relation,
        alleged_known=report.alleged_known,
        weapon=report.weapon,
        children=report.children,
        others_told=report.others_told or None,
        others_reference=report.others_reference or None,
        safeguarding="yes" if at_risk else "no",
        safeguarding_done_by=report.safeguarding_done_by or None,
        safeguarding_done_at=done_at,
        safeguarding_by=due("safeguarding_unanswered", received_at) if at_risk and not done_at else None,
        domestic_handed_to=report.domestic_handed_to or None,
        domestic_reference=report.domestic_reference or None,
        script_version=agreed.current().scripts.version,
    )
    db.session.add(detail)
    db.session.flush()
    return detail


def _party(made: Report, new: NewParty) -> Party:
    person = people.find_or_make_person(name=new.name, known=new.known, unnamed=_unnamed(new), age_years=new.age_years)
    people.add_contact(person, "phone", new.reach.phone)
    people.add_contact(person, "email", new.reach.email_address)
    if new.lives_there and made.place_id:
        people.add_residence(person, made.place_id)
    party = Party(
        id=new_id(),
        report_id=made.id,
        person_id=person.id,
        role=new.role,
        contactable=new.role != "alleged" and not new.may_not_know and _reach(person, new.reach).possible,
    )
    db.session.add(party)
    db.session.flush()
    db.session.add(_party_detail(party, new))
    db.session.flush()
    return party


def _reach(person: Person, reach: Reach) -> Reach:
    """What was said now, over what is on record of somebody attached."""
    known = ways_to_reach(person.id)
    return replace(reach, phone=reach.phone or known.get("phone", ""), email_address=reach.email_address or known.get("email", ""))


def _unnamed(new: NewParty) -> str:
    if new.role == "alleged":
        return f"Not known: {new.description}"[:200] if new.description else people.NOT_KNOWN
    return people.NOT_GIVEN if new.calling else people.NOT_KNOWN


def _party_detail(party: Party, new: NewParty) -> PartyDetail:
    return PartyDetail(
        party_id=party.id,
        standing={"victim": "victim", "witness": "witness", "alleged": "suspect"}.get(new.role),
        relation=new.relation or None,
        hidden_from_other_party=new.hidden_from_other_party,
        hidden_from_public=new.hidden_from_public,
        hidden_from_agencies=new.hidden_from_agencies,
        hidden_from_us=new.hidden_from_us,
        hate_perceived=bool(new.hate_strands),
        hate_strands=list(new.hate_strands),
        hate_perceived_by=new.hate_perceived_by or None,
        vulnerabilities=list(new.vulnerabilities),
        vulnerability=new.vulnerability or None,
        may_not_know=new.may_not_know,
        consent_victim_first=new.consent_victim_first,
        notes=new.description or None,
    )


def _title(made: Report, report: NewReport) -> str:
    caller = next((new.name for new in report.parties if new.calling and new.name), "somebody who gave no name")
    return f"Report {made.reference} taken {CHANNELS[made.channel]} from {caller}"


def _tell_of_diversions(made: Report, detail: ReportDetail, actor: User) -> None:
    if detail.domestic_handed_to:
        words = f"{detail.domestic_handed_to}, {detail.domestic_reference}" if detail.domestic_reference else detail.domestic_handed_to
        tell(kind="domestic", title=f"Domestic abuse: handed over to {words}", report=made, actor=actor)
    if detail.safeguarding_done_by:
        tell(kind="safeguarding", title=f"Safeguarding referral made by {detail.safeguarding_done_by}", report=made, actor=actor)
    elif detail.safeguarding_by:
        tell(kind="safeguarding", title="A child or adult may be at risk: a safeguarding referral is needed", report=made, actor=actor)
    if detail.danger_now == "yes":
        tell(kind="danger", title="Somebody was in danger: the caller was told to ring 999", report=made, actor=actor)


def _taken(actor: User, made: Report, detail: ReportDetail, report: NewReport, parties: list[tuple[Party, NewParty]]) -> ReportTaken:
    calling = next((pair for pair in parties if pair[1].calling), None)
    others = {party.id: new.reach.as_plan() for party, new in parties if not new.calling and new.role != "alleged"}
    return ReportTaken(
        report=made,
        actor=actor,
        answers=dict(report.answers),
        raised_to=report.raised_to,
        acknowledge_by=() if detail.is_domestic else report.acknowledge_by,
        told_on_the_line=report.told_on_the_line and not detail.is_domestic,
        plan=calling[1].reach.as_plan() if calling else {},
        caller=calling[0] if calling else None,
        plans=others,
    )
