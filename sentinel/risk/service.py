"""Screening, assessing, and agreeing to a lower level (rules.md, "Risk"; review of 2016, 9)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from config import agreed
from config.agreed.risk import QuestionSet
from sentinel.access.models import User
from sentinel.cases.events import ReportTaken, ReportTriaged
from sentinel.cases.models import Case, CaseClock, Party, Report
from sentinel.cases.service import set_level
from sentinel.cases.signing import refuse_unless_signs
from sentinel.cases.timeline import tell
from sentinel.core import clock, worktime
from sentinel.core.db import db, lock
from sentinel.core.errors import Refused, Stale
from sentinel.core.events import publish
from sentinel.risk import episodes, queries, record, rules
from sentinel.risk.asked import as_asked
from sentinel.risk.events import RiskAssessed
from sentinel.risk.models import Assessment
from sentinel.risk.rules import Level

FIRST_CONTACT = "first_contact"
ON_A_CASE = ("opened", "joined")
UNSEEN: Final = object()


@dataclass(frozen=True)
class Vulnerable:
    """A practitioner's decision that a party is vulnerable or intimidated, so enhanced whatever the level; with why."""

    why: str


@dataclass(frozen=True)
class Run:
    """One run of a question set: what was answered and what it suggests."""

    kind: str
    questions: QuestionSet
    answers: rules.Answers
    suggestion: rules.Suggestion
    words: Mapping[str, str] = field(default_factory=dict)


def screen_report(event: ReportTaken) -> None:
    """Screen every victim of a report from the answers given on the call; the report stands at the highest of them.

    The call taker may have raised the level; a lower one is refused at `raised_to`. Without any answer nothing is
    screened, and the report stays on the list of those still to be.
    """
    if not event.answers and not event.raised_to:
        return
    victims = [party for party in event.report.parties if party.role == "victim"]
    for party in victims:
        _screen(party, event)
    event.report.screened_at = clock.now()
    db.session.flush()


def _screen(party: Party, event: ReportTaken) -> None:
    questions = agreed.current().risk.screen
    run = Run("screen", questions, event.answers, suggest(questions, event.answers, party))
    judged = Level(event.raised_to or run.suggestion.level)
    if not rules.call_taker_may_choose(run.suggestion.level, judged):
        raise Refused(f"The answers suggest {run.suggestion.level.value}. You may raise it, not lower it.", field="raised_to")
    _save(party, run, judged, actor=event.actor, rationale=None)


def assess(
    *,
    actor: User,
    party: Party,
    answers: rules.Answers,
    judged: str,
    rationale: str | None,
    kind: str = "full",
    words: Mapping[str, str] | None = None,
    vulnerable: Vulnerable | None = None,
    seen: UUID | None | object = UNSEEN,
) -> Assessment:
    """Assess a victim in full: what was answered, the practitioner's judgement, and why.

    Refuses: anybody but a victim; a closed case; a high level or one that differs from the suggestion without a
    rationale; answers that the set does not have. `words` are the victim's own, by question. `seen` is the assessment
    the assessor had in front of them: when another has been made since, both are shown (Stale). A level below the
    higher of suggestion and present level is saved as pending and that higher level holds until a supervisor agrees.
    """
    _hold(party)
    _refuse_when_stale(party, seen, judged, rationale)
    _refuse_unless_assessable(party)
    questions = agreed.current().risk.full if kind == "full" else agreed.current().risk.screen
    run = Run(kind, questions, answers, suggest(questions, answers, party), words or {})
    level, reason = Level(judged), (rationale or "").strip()
    if rules.rationale_needed(level, run.suggestion.level) and not reason:
        raise Refused(f"Say why the risk is {level.value.capitalize()}: somebody else will rely on it.", field="rationale")
    _remember(party, run, vulnerable, actor)
    return _save(party, run, level, actor=actor, rationale=reason or None)


def record_external(*, party: Party, level: str, rationale: str | None, source: str) -> Assessment | None:
    """Take over the level another system set. It can raise a level, never lower it: then it is a line in the story."""
    _hold(party)
    told, current = Level(level), Level(party.level) if party.level else None
    if current and told.rank <= current.rank:
        tell(kind="risk", title=f"{source} says the risk is {level}; it stands at {current.value} here", actor=None, party=party)
        return None
    questions = agreed.current().risk.screen
    nothing = rules.Suggestion(told, 0, (), (f"Set by {source}",), (), ())
    return _save(party, Run("external", questions, {}, nothing), told, actor=None, rationale=rationale, source=source)


def agree_lowering(*, actor: User, assessment: Assessment, note: str = "") -> None:
    """A supervisor who is not the assessor agrees: the judged level takes effect now and an episode may end.

    Refuses the assessor, whoever has the case (`cases/signing.py` says who can), anybody who is no supervisor, and a lowering
    that was answered already.
    """
    party = _hold_pending(actor, assessment)
    previous = assessment.effective
    _answered(assessment, actor, "agreed", note)
    assessment.effective = assessment.judged
    assessment.review_by = rules.review_due(Level(assessment.effective), clock.now(), agreed.current().risk)
    title = f"{actor.name} agreed that the risk is {assessment.judged}"
    tell(kind="risk", title=title, body=note or None, actor=actor, party=party)
    _take_effect(party, assessment, previous, actor)


def refuse_lowering(*, actor: User, assessment: Assessment, note: str) -> None:
    """A supervisor does not agree, and says why: the higher level goes on."""
    if not note.strip():
        raise Refused("Say why the level stays: the assessor will read it.", field="note")
    party = _hold_pending(actor, assessment)
    _answered(assessment, actor, "refused", note)
    title = f"{actor.name} did not agree to {assessment.judged}: the risk stays {assessment.effective}"
    tell(kind="risk", title=title, body=note, actor=actor, party=party)


def follow_triage(event: ReportTriaged) -> None:
    """Carry risk to the case: its level, and by when each victim's full assessment is due (by first contact)."""
    for party in event.report.parties:
        if party.role != "victim":
            continue
        on_case = event.outcome in ON_A_CASE
        party.assess_by = _assess_by(party, event.report.received_at) if on_case else None
        db.session.execute(update(Assessment).where(Assessment.party_id == party.id).values(case_id=party.case_id))
    db.session.flush()
    if event.report.case:
        set_level(event.report.case)
        _set_review(event.report.case)


def suggest(questions: QuestionSet, answers: rules.Answers, party: Party) -> rules.Suggestion:
    """What the answers and the record suggest. Refuses, at the question, an answer the set does not have."""
    try:
        return rules.score(questions, answers, record.facts(party))
    except rules.WrongAnswer as wrong:
        raise Refused(str(wrong), field=f"answers-{wrong.question}") from None


def first_contact_due(klass: str, since: datetime) -> datetime | None:
    """When first contact is due, and with it the first full assessment (rules.md, Risk, "Assessed")."""
    span = agreed.current().contact.rule(FIRST_CONTACT).within(klass)
    return worktime.reckon(span, since, same_day=klass == "enhanced") if span else None


def _assess_by(party: Party, since: datetime) -> datetime | None:
    latest = queries.latest(party.id)
    if latest and latest.kind == "full":
        return None
    return first_contact_due("enhanced" if party.level == "high" else party.klass, since)


def _hold(party: Party) -> None:
    """One assessor at a time: whoever comes second sees what the first one saved, and opens no second episode."""
    if party.case_id:
        db.session.scalar(select(Case).where(Case.id == party.case_id).with_for_update().execution_options(populate_existing=True))
    lock(party)


def _hold_pending(actor: User, assessment: Assessment) -> Party:
    party = assessment.party
    _hold(party)
    db.session.refresh(assessment)
    refuse_unless_signs(actor, party.case, "Only a supervisor may agree to a lower level of risk.")
    if assessment.assessor_id == actor.id:
        raise Refused("You made this assessment: another supervisor has to answer it.")
    if assessment.state != "pending":
        raise Refused("This was answered already, or the risk has been assessed again since. Look at the risk page.")
    return party


def _answered(assessment: Assessment, actor: User, state: str, note: str) -> None:
    assessment.state, assessment.agreed_by, assessment.agreed_at = state, actor.id, clock.now()
    assessment.agreement_note = note.strip() or None


def _refuse_unless_assessable(party: Party) -> None:
    if party.role != "victim":
        raise Refused("Risk is assessed for victims. Add this person as a victim first.")
    if party.case and party.case.state == "closed":
        raise Refused("This case is closed. Reopen it before assessing the risk again.")


def _refuse_when_stale(party: Party, seen: UUID | None | object, judged: str, rationale: str | None) -> None:
    now = queries.latest(party.id)
    if seen is UNSEEN or (now.id if now else None) == seen:
        return
    assert now
    who = now.assessor.name if now.assessor else now.source or "Sentinel"
    raise Stale(
        f"{who} assessed {party.person.name} while you had this page open. Nothing of yours was saved, and it is all still here.",
        yours=[("Level", judged.capitalize()), ("Why", rationale or "Not said")],
        theirs=[("Level", now.judged.capitalize()), ("Why", now.rationale or "; ".join(now.because) or "Not said")],
    )


def _save(party: Party, run: Run, judged: Level, *, actor: User | None, rationale: str | None, source: str | None = None) -> Assessment:
    current = Level(party.level) if party.level else None
    effective, waits = rules.effective(run.suggestion.level, current, judged)
    moment = clock.now()
    _supersede(party)
    assessment = Assessment(
        party_id=party.id,
        case_id=party.case_id,
        kind=run.kind,
        set_version=run.questions.version,
        answers=as_asked(run.questions, run.answers, run.words) if run.kind != "external" else {},
        score=run.suggestion.score,
        suggested=run.suggestion.level.value,
        because=[line[:300] for line in run.suggestion.because],
        judged=judged.value,
        effective=effective.value,
        state="pending" if waits else "in_force",
        rationale=rationale,
        assessor_id=actor.id if actor else None,
        source=source,
        assessed_at=moment,
        review_by=rules.review_due(effective, moment, agreed.current().risk),
    )
    db.session.add(assessment)
    db.session.flush()
    _told_as_story(party, assessment, run, actor)
    _take_effect(party, assessment, current.value if current else None, actor)
    return assessment


def _supersede(party: Party) -> None:
    db.session.execute(
        update(Assessment)
        .where(Assessment.party_id == party.id, Assessment.state.in_(("in_force", "pending")))
        .values(state="superseded")
        .execution_options(synchronize_session="fetch")
    )


def _told_as_story(party: Party, assessment: Assessment, run: Run, actor: User | None) -> None:
    name, judged = party.person.name, assessment.judged
    done = {"screen": "Risk screened", "full": "Risk assessed", "external": f"Risk set by {assessment.source}"}[run.kind]
    title = f"{done}: {name} is at {judged} risk"
    if run.kind == "full":
        title += f" (score {assessment.score} of {run.questions.maximum}, suggested {assessment.suggested})"
    if assessment.state == "pending":
        title += f"; it stands at {assessment.effective} until a supervisor agrees"
    tell(kind="risk", title=title, body=assessment.rationale, actor=actor, party=party, data={"assessment": str(assessment.id)})


def _remember(party: Party, run: Run, vulnerable: Vulnerable | None, actor: User) -> None:
    """What a full assessment learns of hate and vulnerability is kept with the party. A later "no" takes nothing back."""
    detail = party.detail
    if detail is None:
        return
    if run.answers.get("hate") == "yes":
        detail.hate_perceived = True
        detail.hate_strands = _joined(detail.hate_strands, run.answers.get("hate_strands"))
        detail.hate_perceived_by = run.words.get("hate", "")[:200] or detail.hate_perceived_by
    detail.vulnerabilities = _joined(detail.vulnerabilities, run.answers.get("vulnerabilities"))
    detail.vulnerability = run.words.get("vulnerability") or detail.vulnerability
    if vulnerable:
        detail.vulnerable_decided_by, detail.vulnerable_reason = actor.id, vulnerable.why[:500]
    db.session.flush()


def _joined(known: list[str], answer: Any) -> list[str]:
    ticked = [answer] if isinstance(answer, str) else list(answer or [])
    return list(dict.fromkeys([*known, *(value for value in ticked if value not in (rules.SKIP, rules.REFUSED))]))


def _take_effect(party: Party, assessment: Assessment, previous: str | None, actor: User | None) -> None:
    """The level holds from now: on the party, on the case; an episode opens or ends; then everybody hears of it."""
    party.level = assessment.effective
    if assessment.kind == "full":
        party.assess_by = None
    elif party.assess_by and assessment.effective == "high":
        party.assess_by = min(party.assess_by, first_contact_due("enhanced", clock.now()) or party.assess_by)
    db.session.flush()
    if party.report:
        _raise_report(party.report)
    if party.case:
        set_level(party.case)
        _set_review(party.case)
    episodes.follow(party, assessment, actor)
    publish(RiskAssessed(party, assessment, previous, actor))


def _raise_report(report: Report) -> None:
    """A report stands at the highest level of its victims; assessing one of them answers that it is not screened."""
    levels = db.session.scalars(select(Party.level).where(Party.report_id == report.id, Party.role == "victim")).all()
    highest = rules.highest([Level(level) for level in levels if level])
    report.level = highest.value if highest else None
    report.screened_at = report.screened_at or clock.now()
    db.session.flush()


def _set_review(case: Case) -> None:
    """The case is reviewed by the earliest date of its victims; before a full assessment `assess_by` is that date."""
    victims = select(Party.id).where(Party.case_id == case.id, Party.role == "victim")
    dates = [found.review_by for key in db.session.scalars(victims) if (found := queries.latest(key)) and found.kind != "screen"]
    entry = insert(CaseClock).values(case_id=case.id, last_entry_at=clock.now(), next_review_at=min(dates, default=None))
    db.session.execute(
        entry.on_conflict_do_update(index_elements=[CaseClock.case_id], set_={"next_review_at": entry.excluded.next_review_at})
    )
    db.session.flush()
