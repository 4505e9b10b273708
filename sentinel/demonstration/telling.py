"""Promises, contacts and lines of the story, as rows: the same rules as the verbs, without their queries."""

from datetime import datetime, timedelta
from typing import Any

from config.agreed import Standards
from sentinel.access.models import User
from sentinel.core import worktime
from sentinel.demonstration.rows import Rows
from sentinel.victims import rules

Row = dict[str, Any]


class Teller:
    """Writes what was promised, done and said on one case."""

    def __init__(self, rows: Rows, standards: Standards, as_of: datetime) -> None:
        self.rows = rows
        self.standards = standards
        self.as_of = as_of

    def story(self, on: Row, kind: str, title: str, at: datetime, by: User | None, body: str | None = None) -> None:
        """One line of the story. `on` carries case_id and report_id where it has them."""
        self.rows.add(
            "case_event",
            case_id=on.get("case_id"),
            report_id=on.get("report_id"),
            party_id=on.get("party_id"),
            kind=kind,
            title=title,
            body=body,
            actor=str(by.id) if by else "system:demo",
            actor_name=by.name if by else "Sentinel",
            happened_at=at,
            recorded_at=at,
        )

    def promise(self, party: Row, kind: str, klass: str, starts_at: datetime, cause: Any) -> Row:
        """A promise as the verbs make it, open."""
        contact = self.standards.contact
        plan = rules.schedule(rules.Kind(kind), rules.Klass(klass), starts_at, starts_at, contact)
        return self.rows.add(
            "promise",
            party_id=party["id"],
            kind=kind,
            cause_id=cause,
            klass=klass,
            standards_version=contact.version,
            calendar_version=worktime.CALENDAR_VERSION,
            told_as=rules.words(rules.Kind(kind), plan.due_at, contact, starts_at)[:500],
            starts_at=starts_at,
            made_at=starts_at,
            due_at=plan.due_at,
            soon_at=plan.soon_at,
            supervisor_at=plan.supervisor_at,
            manager_at=plan.manager_at,
            next_step_at=rules.initial_next_step(plan, starts_at),
        )

    def contact(
        self,
        party: Row,
        at: datetime,
        by: User,
        note: str,
        *,
        channel: str = "phone",
        covers: tuple[str, ...] = (),
        outcome: str = "reached",
        at_intake: bool = False,
    ) -> Row:
        """A contact or an attempt."""
        made = self.rows.add(
            "contact",
            party_id=party["id"],
            case_id=party["case_id"],
            person_id=party["person_id"],
            occurred_at=at,
            logged_at=at + timedelta(minutes=3),
            by_user=by.id,
            by_practitioner=not at_intake,
            at_intake=at_intake,
            channel=channel,
            direction="in" if at_intake else "out",
            outcome=outcome,
            note=note,
        )
        for kind in covers:
            self.rows.add("contact_covers", contact_id=made["id"], kind=kind)
        return made

    @staticmethod
    def keep(promise: Row, contact: Row) -> None:
        """The contact keeps the promise."""
        promise.update(
            state="kept", kept_by=contact["id"], ended_at=contact["occurred_at"], ended_reason="Told", next_step_at=promise["next_step_at"]
        )

    @staticmethod
    def end(promise: Row, at: datetime, reason: str) -> None:
        """The promise ends otherwise than by a contact."""
        promise.update(state="ended", ended_at=at, ended_reason=reason)
