"""The cases and reports behind each figure of the board."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, or_, select
from sqlalchemy.orm import joinedload

from sentinel.cases.models import Case, Party, Report
from sentinel.cases.queries import may_see_report
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.viewer import current
from sentinel.desk.board_figures import LATELY, Teams, of_teams, reported_lately, without_assessment
from sentinel.desk.whats_next import promise_title
from sentinel.people.models import Person
from sentinel.victims.models import Contact, Promise

SHOWN = 100


@dataclass(frozen=True)
class Row:
    """One case or report behind a figure; `opens`: may the viewer open its page?"""

    level: str | None
    name: str
    case: Case | None
    report: Report | None
    what: str
    due_at: datetime | None
    done_at: datetime | None = None
    opens: bool = True


def overdue_rows(teams: Teams) -> list[Row]:
    """Every promise overdue, the riskiest and oldest first."""
    return _promises(teams, [Promise.state == "open", Promise.due_at <= clock.now()])


def late_rows(teams: Teams) -> list[Row]:
    """Promises of the last 28 days that were not kept in time."""
    now = clock.now()
    within = [Promise.state.in_(("kept", "open")), Promise.due_at > now - LATELY, Promise.due_at <= now]
    return _promises(teams, [*within, or_(Promise.state == "open", Contact.occurred_at > Promise.due_at)])


def unassessed_rows(teams: Teams) -> list[Row]:
    """Victims at high risk without a full assessment, the longest due first."""
    query = without_assessment(select(Party, Case, Person), teams).join(Person, Person.id == Party.person_id).order_by(Party.assess_by)
    found = db.session.execute(query.options(joinedload(Case.officer)).limit(SHOWN))
    return [Row(party.level, person.name, case_, None, "Full risk assessment", party.assess_by) for party, case_, person in found]


def screened_rows(teams: Teams) -> list[Row]:
    """Reports of the last 28 days by how long their screen took, those still waiting first."""
    took = Report.screened_at - Report.received_at
    query = select(Report, _opens()).where(*reported_lately(teams)).order_by(took.desc().nulls_first()).limit(SHOWN)
    found = db.session.execute(query.options(joinedload(Report.case)))
    return [
        Row(report.level, "", report.case, report, "Risk screen", report.screen_by, report.screened_at, opens) for report, opens in found
    ]


def _opens() -> ColumnElement[bool]:
    """A case opens with its headline at least, for everybody who has a board; a report on its way to one only for those who work on it."""
    return or_(Report.case_id.is_not(None), may_see_report(current()))


def _promises(teams: Teams, conditions: list[ColumnElement[bool]]) -> list[Row]:
    rank = case({"high": 0, "medium": 1, "standard": 2}, value=Party.level, else_=1)
    query = of_teams(select(Promise, Party, Person, Case, Report, Contact, or_(Case.id.is_not(None), _opens())), teams).join(
        Person, Person.id == Party.person_id
    )
    query = query.outerjoin(Contact, Contact.id == Promise.kept_by).where(*conditions).order_by(rank, Promise.due_at, Promise.id)
    rows = db.session.execute(query.options(joinedload(Case.officer)).limit(SHOWN))
    return [
        Row(
            level=party.level,
            name=person.name,
            case=case_,
            report=None if case_ else report,
            what=promise_title(promise.kind),
            due_at=promise.due_at,
            done_at=contact and contact.occurred_at,
            opens=opens,
        )
        for promise, party, person, case_, report, contact, opens in rows
    ]


BEHIND = {"overdue": overdue_rows, "not-assessed": unassessed_rows, "kept": late_rows, "screened": screened_rows}
