"""Reading risk: the assessment that holds, last answers, history, what waits for a supervisor."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.access.models import User
from sentinel.cases.models import Case, Party, Report
from sentinel.cases.queries import may_see_full, may_see_report
from sentinel.core.db import db
from sentinel.core.viewer import Viewer
from sentinel.people.models import Person
from sentinel.risk import rules
from sentinel.risk.models import Assessment, HighEpisode

Given = dict[str, str | list[str]]


class LastTime(NamedTuple):
    """Answers given before, in the words of the full set, and the assessment they come from."""

    assessment: Assessment
    answers: Given
    words: dict[str, str]


class Pending(NamedTuple):
    """A lowering that waits for a supervisor."""

    assessment: Assessment
    party: Party
    case: Case | None


def latest(party_id: UUID) -> Assessment | None:
    """The assessment whose effective level holds."""
    return db.session.scalar(_newest_first().where(Assessment.party_id == party_id).limit(1))


def open_episode(party_id: UUID) -> HighEpisode | None:
    """The high episode this party is in."""
    return db.session.scalar(select(HighEpisode).where(HighEpisode.party_id == party_id, HighEpisode.ended_at.is_(None)))


def last_time(party: Party) -> LastTime | None:
    """The latest answers of this person on this report or case, a screen's carried over into the full set's words."""
    same_person = Person.canonical_id == party.person.canonical_id
    same = [Assessment.party_id == party.id]
    same += [Party.case_id == party.case_id] if party.case_id else []
    found = db.session.scalar(
        _newest_first()
        .join(Party, Party.id == Assessment.party_id)
        .join(Person, Person.id == Party.person_id)
        .where(same_person, or_(*same), Assessment.kind != "external")
        .limit(1)
    )
    return LastTime(found, _in_words_of_today(found), found.answers.get("words", {})) if found else None


def given(assessment: Assessment) -> Given:
    """The answers by question, as they were given."""
    answers: Given = assessment.answers.get("given", {})
    return answers


def of_party(party_id: UUID) -> list[Assessment]:
    """Everything ever assessed for this party, newest first."""
    return list(db.session.scalars(_newest_first().where(Assessment.party_id == party_id)))


def history(case: Case) -> list[tuple[Party, list[Assessment], list[HighEpisode]]]:
    """Each victim of the case, the riskiest first, with assessments and high episodes, newest first."""
    victims = [party for party in case.parties if party.role == "victim"]
    keys = [party.id for party in victims]
    assessed = db.session.scalars(_newest_first().where(Assessment.party_id.in_(keys)).options(joinedload(Assessment.assessor))).all()
    episodes = db.session.scalars(select(HighEpisode).where(HighEpisode.party_id.in_(keys)).order_by(HighEpisode.opened_at.desc())).all()
    victims.sort(key=lambda party: -_rank(party.level))
    return [(party, _of(assessed, party), _of(episodes, party)) for party in victims]


def answerers(history: list[tuple[Party, list[Assessment], list[HighEpisode]]]) -> dict[UUID, str]:
    """Names of the supervisors who answered lowerings, by their key."""
    keys = {one.agreed_by for _, assessments, _ in history for one in assessments if one.agreed_by}
    return {user.id: user.name for user in db.session.scalars(select(User).where(User.id.in_(keys)))}


def pending(viewer: Viewer) -> list[Pending]:
    """Lowerings waiting for a supervisor on what the viewer sees in full, longest waiting first; not one's own, nor of cases one has."""
    rows = db.session.execute(_pending(viewer).order_by(Assessment.assessed_at).options(joinedload(Assessment.assessor)))
    return [Pending(*row) for row in rows]


def count_pending(viewer: Viewer) -> int:
    """How many lowerings wait for this viewer."""
    return db.session.scalar(_pending(viewer).with_only_columns(func.count(Assessment.id))) or 0


def seen_in_full(viewer: Viewer) -> ColumnElement[bool]:
    """The condition on `Party`: its case is seen in full or, before triage, its report may be read."""
    on_case = Party.case_id.in_(select(Case.id).where(may_see_full(viewer)))
    on_report = Party.case_id.is_(None) & Party.report_id.in_(select(Report.id).where(may_see_report(viewer)))
    return or_(on_case, on_report)


def _pending(viewer: Viewer) -> Select[Assessment, Party, Case]:
    return (
        select(Assessment, Party, Case)
        .join(Party, Party.id == Assessment.party_id)
        .outerjoin(Case, Case.id == Party.case_id)
        .where(Assessment.state == "pending", Assessment.assessor_id.is_distinct_from(viewer.user_id), seen_in_full(viewer))
        .where(Case.officer_id.is_distinct_from(viewer.user_id))
    )


def _newest_first() -> Select[Assessment]:
    return select(Assessment).order_by(Assessment.assessed_at.desc(), Assessment.id.desc())


def _in_words_of_today(assessment: Assessment) -> Given:
    """Answers that today's full set still knows; an answer of an older set that it does not is left out."""
    full = agreed.current().risk.full
    if assessment.kind == "screen":
        return rules.carry_over(full, given(assessment))
    known = {question.key: {*question.values, rules.SKIP, rules.REFUSED} for question in full.question}
    return {key: answer for key, answer in given(assessment).items() if known.get(key, set()).issuperset(_values(answer))}


def _values(answer: str | list[str]) -> list[str]:
    return [answer] if isinstance(answer, str) else answer


def _of(rows: Sequence[Any], party: Party) -> list[Any]:
    return [row for row in rows if row.party_id == party.id]


def _rank(level: str | None) -> int:
    return rules.Level(level).rank if level else -1
