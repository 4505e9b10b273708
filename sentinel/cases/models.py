"""Reports and cases. Headline and full data live in different tables, because policies hold rows, not columns."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, UniqueConstraint
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sentinel.access.models import Partner, Team, User
from sentinel.core.db import Key, Line, Model, Prose, RowNumber, Short, Word, one_of, prose_limit, ref, where_set
from sentinel.people.models import Person
from sentinel.places.models import Place

REPORT_STATES = ("received", "opened", "joined", "signposted", "no_further_action", "withdrawn")
CASE_STATES = ("open", "closure_proposed", "closed", "transferred")
ROLES = ("victim", "witness", "reporter", "alleged")
LEVELS = ("standard", "medium", "high")
CLASSES = ("standard", "medium", "enhanced")
GATEWAYS = {
    "crime_and_disorder_s115": "Crime and Disorder Act 1998, section 115",
    "consent": "Consent",
    "safeguarding": "Safeguarding",
    "court_order": "Order of a court",
    "subject_access": "Subject access request",
    "other": "Another",
}


class Incident(Model):
    """One thing that happened, however many people reported it; linked by a person, counted once."""

    __tablename__ = "incident"

    id: Mapped[Key]
    linked_at: Mapped[datetime]
    linked_by: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)


class Case(Model):
    """The headline of a case: what everybody who may know of it may see."""

    __tablename__ = "asb_case"
    __table_args__ = (
        one_of("state", CASE_STATES),
        one_of("level", LEVELS),
        Index("ix_asb_case_team_state", "team_id", "state"),
        Index("ix_asb_case_officer_state", "officer_id", "state"),
        CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed_has_time"),
    )

    id: Mapped[Key]
    reference: Mapped[Word] = mapped_column(unique=True)
    title: Mapped[Short]
    state: Mapped[Word] = mapped_column(default="open")
    level: Mapped[Word | None]
    categories: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list)
    national_type: Mapped[Word | None]
    owner_partner_id: Mapped[UUID] = mapped_column(ref("partner.id"), index=True)
    team_id: Mapped[UUID] = mapped_column(ref("team.id"))
    officer_id: Mapped[UUID | None] = mapped_column(ref("app_user.id"))
    place_id: Mapped[UUID | None] = mapped_column(ref("place.id"), index=True)
    restricted: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    owner: Mapped[Partner] = relationship()
    team: Mapped[Team] = relationship()
    officer: Mapped[User | None] = relationship()
    place: Mapped[Place | None] = relationship()
    reports: Mapped[list["Report"]] = relationship(back_populates="case", foreign_keys="Report.case_id", order_by="Report.received_at")
    parties: Mapped[list["Party"]] = relationship(back_populates="case", order_by="Party.id")


class CaseDetail(Model):
    """What only those with the full view of a case see. `teller_id` is whoever tells the victims that it may close.

    `sign_asked_at`: when the service manager was last asked to sign on it, by whom and why (`cases/signing.py`).
    """

    __tablename__ = "case_detail"
    __table_args__ = (
        *prose_limit("summary", "outcome_note"),
        *where_set("case_detail", "sign_asked_by", "sign_asked_at"),
    )

    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), primary_key=True)
    summary: Mapped[Prose]
    outcome: Mapped[Word | None]
    outcome_note: Mapped[Prose | None]
    proposed_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    proposed_at: Mapped[datetime | None]
    teller_id: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    hold_until: Mapped[datetime | None]
    hold_reason: Mapped[Line | None]
    hold_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    signed_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    signed_at: Mapped[datetime | None]
    sign_asked_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"))
    sign_asked_at: Mapped[datetime | None]
    sign_asked_why: Mapped[Line | None]


class Report(Model):
    """The headline of a report. Reports are many and cheap; a case opened from one keeps its number.

    `suggested_case_id` is the open case the call taker attached it to; whether it is joined is decided at triage.
    """

    __tablename__ = "report"
    __table_args__ = (
        one_of("state", REPORT_STATES),
        one_of("level", LEVELS),
        one_of("channel", ("phone", "visit", "email", "letter", "online", "partner")),
        CheckConstraint("(state IN ('opened', 'joined')) = (case_id IS NOT NULL)", name="case_when_opened_or_joined"),
        CheckConstraint("(state = 'received') = (triaged_at IS NULL)", name="triaged_has_time"),
        Index("ix_report_team_state", "team_id", "state", "received_at"),
        Index("ix_report_taken_by", "taken_by", "received_at"),
    )

    id: Mapped[Key]
    reference: Mapped[Word] = mapped_column(unique=True)
    state: Mapped[Word] = mapped_column(default="received")
    level: Mapped[Word | None]
    category: Mapped[Word | None]
    national_type: Mapped[Word | None]
    channel: Mapped[Word]
    received_at: Mapped[datetime]
    taken_at: Mapped[datetime]
    taken_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"))
    screened_at: Mapped[datetime | None]
    owner_partner_id: Mapped[UUID] = mapped_column(ref("partner.id"), index=True)
    team_id: Mapped[UUID | None] = mapped_column(ref("team.id"))
    unrouted: Mapped[bool] = mapped_column(default=False)
    place_id: Mapped[UUID | None] = mapped_column(ref("place.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    suggested_case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    incident_id: Mapped[UUID | None] = mapped_column(ref("incident.id"), index=True)
    restricted: Mapped[bool] = mapped_column(default=False)
    triaged_at: Mapped[datetime | None]
    triaged_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    triage_by: Mapped[datetime | None]
    screen_by: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    case: Mapped[Case | None] = relationship(back_populates="reports", foreign_keys=[case_id])
    suggested_case: Mapped[Case | None] = relationship(foreign_keys=[suggested_case_id])
    place: Mapped[Place | None] = relationship()
    team: Mapped[Team | None] = relationship()
    owner: Mapped[Partner] = relationship()
    taker: Mapped[User | None] = relationship(foreign_keys=[taken_by])
    detail: Mapped["ReportDetail"] = relationship(back_populates="report", uselist=False)
    parties: Mapped[list["Party"]] = relationship(back_populates="report", order_by="Party.id")


class ReportDetail(Model):
    """What was said, in the caller's words, and what the call script asked."""

    __tablename__ = "report_detail"
    __table_args__ = (
        *prose_limit("what_happened", "where_exactly", "others_told", "triage_reason"),
        CheckConstraint("occurred_to >= occurred_from", name="occurred_in_order"),
    )

    report_id: Mapped[UUID] = mapped_column(ref("report.id"), primary_key=True)
    what_happened: Mapped[Prose]
    where_exactly: Mapped[Line | None]
    when_words: Mapped[Short | None]
    occurred_from: Mapped[datetime | None]
    occurred_to: Mapped[datetime | None]
    danger_now: Mapped[Word | None]
    relation: Mapped[Word | None]
    alleged_known: Mapped[Word | None]
    weapon: Mapped[Word | None]
    children: Mapped[Word | None]
    others_told: Mapped[Line | None]
    others_reference: Mapped[Short | None]
    safeguarding: Mapped[Word | None]
    safeguarding_done_by: Mapped[Short | None]
    safeguarding_done_at: Mapped[datetime | None]
    safeguarding_by: Mapped[datetime | None]
    domestic_handed_to: Mapped[Short | None]
    domestic_reference: Mapped[Short | None]
    script_version: Mapped[Word]
    triage_reason: Mapped[Prose | None]

    report: Mapped[Report] = relationship(back_populates="detail")

    @property
    def is_domestic(self) -> bool:
        """Partner, former partner or family: no promise, acknowledgement or letter of ours (rules.md, Reports)."""
        return self.relation == "partner_or_family"


class Party(Model):
    """One person in one role on one report, carried to the case at triage. Risk and promises belong here."""

    __tablename__ = "party"
    __table_args__ = (
        one_of("role", ROLES),
        one_of("klass", CLASSES),
        one_of("level", LEVELS),
        CheckConstraint("report_id IS NOT NULL OR case_id IS NOT NULL", name="on_report_or_case"),
    )

    id: Mapped[Key]
    report_id: Mapped[UUID | None] = mapped_column(ref("report.id"), index=True)
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(ref("person.id"), index=True)
    role: Mapped[Word]
    klass: Mapped[Word] = mapped_column(default="standard")
    level: Mapped[Word | None]
    contactable: Mapped[bool] = mapped_column(default=True)
    assess_by: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    report: Mapped[Report | None] = relationship(back_populates="parties")
    case: Mapped[Case | None] = relationship(back_populates="parties")
    person: Mapped[Person] = relationship()
    detail: Mapped["PartyDetail"] = relationship(back_populates="party", uselist=False)


class PartyDetail(Model):
    """What belongs to a party and is not headline: standing, hate, vulnerability, anonymity in its four meanings."""

    __tablename__ = "party_detail"
    __table_args__ = (*prose_limit("vulnerability", "notes"),)

    party_id: Mapped[UUID] = mapped_column(ref("party.id"), primary_key=True)
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    standing: Mapped[Word | None]
    relation: Mapped[Short | None]
    hidden_from_other_party: Mapped[bool] = mapped_column(default=True)
    hidden_from_public: Mapped[bool] = mapped_column(default=True)
    hidden_from_agencies: Mapped[bool] = mapped_column(default=False)
    hidden_from_us: Mapped[bool] = mapped_column(default=False)
    hate_perceived: Mapped[bool] = mapped_column(default=False)
    hate_strands: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list)
    hate_perceived_by: Mapped[Short | None]
    vulnerability: Mapped[Prose | None]
    vulnerabilities: Mapped[list[str]] = mapped_column(ARRAY(String(40)), default=list)
    vulnerable_decided_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    vulnerable_reason: Mapped[Line | None]
    code_decided_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    code_reason: Mapped[Line | None]
    may_not_know: Mapped[bool] = mapped_column(default=False)
    safe_to_approach_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    consent_victim_first: Mapped[Word] = mapped_column(default="not_asked")
    notes: Mapped[Prose | None]

    party: Mapped[Party] = relationship(back_populates="detail")


class CaseEvent(Model):
    """One line of the story of a report or case. `happened_at` is when it was so; `recorded_at` when it was typed."""

    __tablename__ = "case_event"
    __table_args__ = (
        Index("ix_case_event_case", "case_id", "happened_at"),
        Index("ix_case_event_report", "report_id", "happened_at"),
        Index("ix_case_event_noted", "actor", "recorded_at", postgresql_where="kind IN ('supervision', 'note')"),
        *prose_limit("body"),
    )

    id: Mapped[RowNumber]
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"))
    report_id: Mapped[UUID | None] = mapped_column(ref("report.id"))
    party_id: Mapped[UUID | None] = mapped_column(ref("party.id"), index=True)
    kind: Mapped[Word]
    title: Mapped[Line]
    body: Mapped[Prose | None]
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    actor: Mapped[Word]
    actor_name: Mapped[Short]
    happened_at: Mapped[datetime]
    recorded_at: Mapped[datetime]


class Action(Model):
    """Something somebody will do on a case by a date."""

    __tablename__ = "case_action"
    __table_args__ = (Index("ix_case_action_open", "owner_id", "due_at", postgresql_where="done_at IS NULL"), *prose_limit("outcome"))

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), index=True)
    what: Mapped[Line]
    owner_id: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    due_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    outcome: Mapped[Prose | None]
    created_by: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    __mapper_args__ = {"version_id_col": version, "eager_defaults": False}

    owner: Mapped[User] = relationship(foreign_keys=[owner_id])


class Handover(Model):
    """A report or case offered to another partner's team. Until accepted, the giver owns it and its promises."""

    __tablename__ = "handover"
    __table_args__ = (
        one_of("state", ("offered", "accepted", "declined", "withdrawn")),
        CheckConstraint("num_nonnulls(report_id, case_id) = 1", name="report_or_case"),
        Index("uq_handover_open_report", "report_id", unique=True, postgresql_where="state = 'offered' AND report_id IS NOT NULL"),
        Index("uq_handover_open_case", "case_id", unique=True, postgresql_where="state = 'offered' AND case_id IS NOT NULL"),
        *prose_limit("reason", "answer"),
    )

    id: Mapped[Key]
    report_id: Mapped[UUID | None] = mapped_column(ref("report.id"))
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"))
    from_team_id: Mapped[UUID] = mapped_column(ref("team.id"), index=True)
    to_team_id: Mapped[UUID] = mapped_column(ref("team.id"), index=True)
    reason: Mapped[Prose]
    state: Mapped[Word] = mapped_column(default="offered")
    offered_by: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    offered_at: Mapped[datetime]
    answered_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    answered_at: Mapped[datetime | None]
    answer: Mapped[Prose | None]

    to_team: Mapped[Team] = relationship(foreign_keys=[to_team_id])
    from_team: Mapped[Team] = relationship(foreign_keys=[from_team_id])
    report: Mapped[Report | None] = relationship()
    case: Mapped[Case | None] = relationship()


class CaseGrant(Model):
    """A case shown to somebody who would not see it otherwise: shares, named lists, Victim First, landlords.

    A `contact` grant is of one party and no case: the agency's referral, that person, how to reach them safely, who holds the
    case. `break_glass_id` is the emergency opening a grant comes from: whoever holds it is not on the list. `answered_by` is
    whoever of the owner read why somebody else opened the full view, and let it stand.
    """

    __tablename__ = "case_grant"
    __table_args__ = (
        one_of("level", ("headline", "full", "named", "contact")),
        CheckConstraint("num_nonnulls(case_id, party_id) >= 1", name="case_or_party"),
        Index("ix_case_grant_grantee", "grantee", "case_id"),
        Index("uq_case_grant_contact", "party_id", "grantee", unique=True, postgresql_where="level = 'contact'"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID | None] = mapped_column(ref("asb_case.id"), index=True)
    party_id: Mapped[UUID | None] = mapped_column(ref("party.id"), index=True)
    grantee: Mapped[UUID]
    level: Mapped[Word]
    until: Mapped[datetime]
    reason: Mapped[Line]
    granted_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    granted_at: Mapped[datetime]
    break_glass_id: Mapped[UUID | None] = mapped_column(ref("break_glass.id"), index=True)
    answered_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    answered_at: Mapped[datetime | None]


class BreakGlass(Model):
    """A supervisor opened a restricted case in an emergency: why, until when, and what somebody named says of it afterwards."""

    __tablename__ = "break_glass"
    __table_args__ = (
        CheckConstraint("num_nonnulls(reviewed_by, reviewed_at, found_right) IN (0, 3)", name="reviewed_whole"),
        CheckConstraint("reviewed_by <> opened_by", name="reviewed_by_another"),
        *prose_limit("review_note"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), index=True)
    opened_by: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    reason: Mapped[Line]
    opened_at: Mapped[datetime]
    until: Mapped[datetime]
    reviewed_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[Prose | None]
    found_right: Mapped[bool | None]

    opener: Mapped[User] = relationship(foreign_keys=[opened_by])
    reviewer: Mapped[User | None] = relationship(foreign_keys=[reviewed_by])


class BreakGlassTry(Model):
    """A try that opened nothing. What was typed is not kept: it may be anything."""

    __tablename__ = "break_glass_try"
    __table_args__ = (Index("ix_break_glass_try_user", "user_id", "at"),)

    id: Mapped[RowNumber]
    user_id: Mapped[UUID] = mapped_column(ref("app_user.id"))
    at: Mapped[datetime]


class RestrictedTouch(Model):
    """A new report names somebody who stands on a restricted case. Whoever took it knows nothing of this row."""

    __tablename__ = "restricted_touch"
    __table_args__ = (UniqueConstraint("report_id", "case_id"),)

    id: Mapped[Key]
    report_id: Mapped[UUID] = mapped_column(ref("report.id"))
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), index=True)
    at: Mapped[datetime]
    answered_by: Mapped[UUID | None] = mapped_column(ref("app_user.id"), index=True)
    answered_at: Mapped[datetime | None]
    answer: Mapped[Line | None]

    report: Mapped[Report] = relationship()


class Disclosure(Model):
    """Something of a case that was disclosed outside it: what, to whom, under which gateway, why. Never changed.

    `reference` and `partner_id`: the case's number and its owner when it was disclosed, for whoever may not open the case.
    """

    __tablename__ = "disclosure"
    __table_args__ = (
        one_of("gateway", tuple(GATEWAYS)),
        CheckConstraint("(gateway = 'other') = (gateway_words IS NOT NULL)", name="other_in_words"),
        CheckConstraint("disclosed_at <= recorded_at", name="not_in_the_future"),
        *prose_limit("what", "why"),
        Index("ix_disclosure_partner", "partner_id", "disclosed_at"),
    )

    id: Mapped[Key]
    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), index=True)
    reference: Mapped[Word]
    partner_id: Mapped[UUID] = mapped_column(ref("partner.id"))
    to_whom: Mapped[Short]
    what: Mapped[Prose]
    gateway: Mapped[Word]
    gateway_words: Mapped[Short | None]
    why: Mapped[Prose]
    disclosed_at: Mapped[datetime]
    by_user: Mapped[UUID] = mapped_column(ref("app_user.id"), index=True)
    recorded_at: Mapped[datetime]

    partner: Mapped[Partner] = relationship()
    discloser: Mapped[User] = relationship()


class CaseClock(Model):
    """Dates that conditions would otherwise have to scan the cases for; kept by the verbs."""

    __tablename__ = "case_clock"
    __table_args__ = (Index("ix_case_clock_quiet", "last_entry_at"), Index("ix_case_clock_review", "next_review_at"))

    case_id: Mapped[UUID] = mapped_column(ref("asb_case.id"), primary_key=True)
    last_entry_at: Mapped[datetime]
    quiet_from: Mapped[datetime | None]
    next_review_at: Mapped[datetime | None]
