"""Which alerts concern a viewer, worst first, and what each row of them shows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select, true
from sqlalchemy.orm import joinedload, selectinload

from config import agreed
from sentinel.access import queries as access
from sentinel.access.models import Absence, Partner, Team, User
from sentinel.alerts import rules
from sentinel.alerts.models import Alert, Answer, Telling
from sentinel.alerts.titles import details_of, titles_of
from sentinel.cases.models import Case, CaseGrant, Party, Report
from sentinel.cases.queries import may_see_full, may_see_headline, may_see_report
from sentinel.core import clock
from sentinel.core.db import among, db
from sentinel.core.errors import NotFound
from sentinel.core.viewer import Viewer
from sentinel.people.models import Person

TOLD_INSTEAD = ("governance", "local_admin", "information_officer")
RANK = {"high": 0, "medium": 1, "standard": 2}


@dataclass(frozen=True)
class Line:
    """An alert as a row: what is wrong, whose it is, who has answered. Names only where the viewer may see them."""

    alert: Alert
    title: str
    detail: str
    level: str | None
    name: str
    about: str
    case: Case | None
    report: Report | None
    opens: bool
    officer: User | None
    away: Absence | None
    team: Team | None
    mine: Answer | None
    others: Sequence[Answer]


def inbox(viewer: Viewer) -> ColumnElement[bool]:
    """Alerts one was told of, or whose officer one is."""
    if viewer.user_id is None:
        return false()
    # Arrays, so that each of the three is found by index: every open alert of the partnership was looked at before.
    told = select(Telling.alert_id).where(Telling.user_id == viewer.user_id)
    officers = select(Case.id).where(Case.officer_id == viewer.user_id)
    return or_(Alert.id == among(told), Alert.officer_id == viewer.user_id, Alert.case_id == among(officers))


def overseen(viewer: Viewer) -> ColumnElement[bool]:
    """Alerts that have risen to a supervisor, manager or governance, in the teams where the viewer is that; and those they were told of."""
    return or_(inbox(viewer), _risen(viewer, "supervisor"), _risen(viewer, "manager"), _governed(viewer))


def open_lines(viewer: Viewer, concern: ColumnElement[bool], *, limit: int | None = None) -> list[Line]:
    """Open alerts of a concern, worst first: what cannot wait, then by risk, then by date."""
    return lines_of(viewer, _open(viewer, concern).order_by(*_worst_first()).limit(limit))


def count_open(viewer: Viewer, concern: ColumnElement[bool]) -> int:
    """How many open alerts there are of a concern."""
    return _count(_open(viewer, concern))


def waiting(viewer: Viewer) -> ColumnElement[bool]:
    """Alerts the viewer has not answered since they last rose, or put off last until a time that has come."""
    holds = case((Answer.kind == "snooze", Answer.until > clock.now()), else_=true())
    mine = select(holds).where(Answer.alert_id == Alert.id, Answer.user_id == viewer.user_id, Answer.at >= Alert.stepped_at)
    return ~func.coalesce(mine.order_by(Answer.at.desc(), Answer.id.desc()).limit(1).scalar_subquery(), false())


def count_inbox(viewer: Viewer) -> int:
    """How many alerts of one's own are open and not answered."""
    return count_open(viewer, and_(inbox(viewer), waiting(viewer)))


def count_overseen(viewer: Viewer) -> int:
    """How many alerts wait for the viewer's answer on the board."""
    return count_open(viewer, and_(overseen(viewer), waiting(viewer)))


def closed_since(viewer: Viewer, concern: ColumnElement[bool], since: datetime, limit: int = 10) -> list[Line]:
    """Alerts of a concern that closed themselves lately, the latest first."""
    query = _visible(viewer).where(concern, Alert.closed_at >= since)
    return lines_of(viewer, query.order_by(Alert.closed_at.desc(), Alert.id).limit(limit))


def shown_to(viewer: Viewer) -> Select[int]:
    """The keys of alerts the viewer may be shown: what a message to them may count."""
    return _visible(viewer).with_only_columns(Alert.id)


def alert_for(viewer: Viewer, alert_id: int) -> Alert:
    """The alert, if it concerns the viewer; otherwise there is nothing here."""
    alert = db.session.scalar(_visible(viewer).with_only_columns(Alert).where(overseen(viewer), Alert.id == alert_id))
    if alert is None:
        raise NotFound
    return alert


def line_of(viewer: Viewer, alert: Alert) -> Line:
    """The row of one alert."""
    return lines_of(viewer, _visible(viewer).where(Alert.id == alert.id))[0]


def lines_of(viewer: Viewer, query: Select[Alert, Case, Report, Party, Person, bool]) -> list[Line]:
    """The rows of a query of alerts, with what each shows."""
    rows = db.session.execute(query).all()
    alerts = [row[0] for row in rows]
    titles, details = titles_of(alerts), details_of(alerts)
    people = _users(_officer_id(alert, case) for alert, case, *_ in rows)
    teams = {team.id: team for team in db.session.scalars(select(Team).where(Team.id.in_({alert.team_id for alert in alerts})))}
    away = access.absences(people)
    about = _names([alert.subject_id for alert in alerts if not alert.case_id and not alert.report_id])
    answers = _answers([alert.id for alert in alerts])
    lines = []
    for alert, case_, report, party, person, opens in rows:
        secret = case_ is not None and case_.restricted and not opens
        officer_id = None if secret else _officer_id(alert, case_)
        given = [] if secret else answers.get(alert.id, [])
        lines.append(
            Line(
                alert=alert,
                title=titles[alert.id],
                detail=details[alert.id],
                level=None if secret else _level(case_, report, party),
                name=person.name if person and opens else "",
                about=about.get(alert.subject_id, ""),
                case=case_ if opens else None,
                report=report if opens else None,
                opens=opens,
                officer=people.get(officer_id) if officer_id else None,
                away=away.get(officer_id) if officer_id else None,
                team=teams.get(alert.team_id) if alert.team_id and not secret else None,
                mine=next((answer for answer in answers.get(alert.id, []) if answer.user_id == viewer.user_id), None),
                others=[answer for answer in given if answer.user_id != viewer.user_id],
            )
        )
    return lines


def _open(viewer: Viewer, concern: ColumnElement[bool]) -> Select[Alert, Case, Report, Party, Person, bool]:
    return _visible(viewer).where(concern, Alert.closed_at.is_(None))


def _visible(viewer: Viewer) -> Select[Alert, Case, Report, Party, Person, bool]:
    """Every alert with what it is about; those of restricted cases and reports only for the people named on them.

    Whoever was told because nobody named could be, and the information officer, sees that there is one, and nothing of it.
    """
    on_case, on_report = Alert.case_id.is_not(None), Alert.report_id.is_not(None)
    opens = case((on_case, may_see_headline(viewer)), (on_report, may_see_report(viewer)), else_=true())
    granted = and_(CaseGrant.grantee.in_(viewer.grantees), CaseGrant.level == "named", CaseGrant.until > clock.now())
    named = exists().where(CaseGrant.case_id == Alert.case_id, granted)
    case_known = or_(Case.id.is_(None), Case.restricted.is_(False), named, may_see_full(viewer))
    report_known = or_(Report.id.is_(None), Report.restricted.is_(False), may_see_report(viewer))
    return (
        select(Alert, Case, Report, Party, Person, opens.label("opens"))
        .outerjoin(Case, Case.id == Alert.case_id)
        .outerjoin(Report, Report.id == Alert.report_id)
        .outerjoin(Party, Party.id == Alert.party_id)
        .outerjoin(Person, Person.id == Party.person_id)
        .options(selectinload(Case.place), selectinload(Report.place))
        .where(or_(and_(case_known, report_known), _told_instead(viewer)))
    )


def _told_instead(viewer: Viewer) -> ColumnElement[bool]:
    if not viewer.has(*TOLD_INSTEAD):
        return false()
    return exists().where(Telling.alert_id == Alert.id, Telling.user_id == viewer.user_id)


def _risen(viewer: Viewer, audience: str) -> ColumnElement[bool]:
    role = {"supervisor": "supervisor", "manager": "service_manager"}[audience]
    teams = [team_id for held, team_id in viewer.roles_by_team if held == role]
    if not teams:
        return false()
    mine = Alert.team_id.in_(teams)
    if audience == "manager":
        mine = Alert.team_id.in_(select(Team.id).where(Team.partner_id.in_(select(Team.partner_id).where(Team.id.in_(teams)))))
    return and_(mine, _at_step_of(audience))


def _governed(viewer: Viewer) -> ColumnElement[bool]:
    """Governance's list: what is theirs by triggers.toml, and whatever nobody could be told of."""
    if not viewer.has("governance"):
        return false()
    nobody = ~exists().where(Telling.alert_id == Alert.id)
    return or_(_at_step_of("governance"), nobody)


def _at_step_of(audience: str) -> ColumnElement[bool]:
    first = {trigger.key: rules.supervised_from(trigger, audience) for trigger in agreed.current().triggers.trigger}
    return or_(*(and_(Alert.trigger_key == key, Alert.step >= step) for key, step in first.items() if step != rules.NEVER), false())


def _worst_first() -> list[Any]:
    level = func.coalesce(Party.level, Case.level, Report.level)
    return [Alert.urgent.desc(), case(RANK, value=level, else_=1), func.coalesce(Alert.due_at, Alert.since), Alert.id]


def _count(query: Select[Alert, Case, Report, Party, Person, bool]) -> int:
    return db.session.scalar(query.with_only_columns(func.count(Alert.id))) or 0


def _officer_id(alert: Alert, case_: Case | None) -> UUID | None:
    return case_.officer_id if case_ and not alert.officer_id else alert.officer_id


def _level(case_: Case | None, report: Report | None, party: Party | None) -> str | None:
    return (party and party.level) or (case_ and case_.level) or (report and report.level) or None


def _users(keys: Iterable[UUID | None]) -> dict[UUID, User]:
    return {user.id: user for user in db.session.scalars(select(User).where(User.id.in_({key for key in keys if key})))}


def _names(subjects: Sequence[UUID]) -> dict[UUID, str]:
    """What the people and partners are called that alerts without a case or report are about."""
    found: dict[UUID, str] = {}
    for model in (User, Partner):
        found |= dict(db.session.execute(select(model.id, model.name).where(model.id.in_(subjects))).all())
    return found


def _answers(alerts: Sequence[int]) -> dict[int, list[Answer]]:
    """Everybody's latest answer to each alert, the newest first."""
    query = select(Answer).where(Answer.alert_id.in_(alerts)).order_by(Answer.at.desc(), Answer.id.desc())
    found: dict[int, list[Answer]] = {}
    for row in db.session.scalars(query.options(joinedload(Answer.user), joinedload(Answer.asked))):
        given = found.setdefault(row.alert_id, [])
        if row.user_id not in {answer.user_id for answer in given}:
            given.append(row)
    return found
