"""What stands around a case: the five things of a high episode, what was tried, what is to be done."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sentinel.access.models import User
from sentinel.core import worktime
from sentinel.core.clock import LONDON, london
from sentinel.demonstration import stories
from sentinel.demonstration.report import Called
from sentinel.demonstration.telling import Row

if TYPE_CHECKING:
    from sentinel.demonstration.case import CaseTeller

STEPS = ("acknowledged", "accepted", "contacted")


def high(teller: "CaseTeller", called: Called, team: str, assessment: Row) -> None:
    """A high episode from this assessment on, and its five things."""
    began, party = assessment["assessed_at"], called.victim
    episode = teller.rows.add("high_episode", party_id=party["id"], opened_at=began, opened_by_assessment=assessment["id"])
    supervisor = teller.staff.supervisors[team][0]
    _reviews(teller, episode, party["id"], supervisor, began)
    _proposal(teller, episode, party["id"], supervisor, began)
    referral = _referral(teller, called, began)
    teller.rows.add("episode_referral", episode_id=episode["id"], referral_id=referral["id"])
    on = {"case_id": party["case_id"], "report_id": called.report["id"], "party_id": party["id"]}
    teller.teller.story(on, "referral", "Referred to Victim First: high risk", began, None)


def _proposal(teller: "CaseTeller", episode: Row, party: Any, supervisor: User, began: datetime) -> None:
    proposal = teller.rows.add("multi_agency_proposal", episode_id=episode["id"], party_id=party, proposed_at=began)
    answered = began + timedelta(days=teller.chance.uniform(0.5, 6))
    if answered < teller.as_of:
        state, reason = teller.chance.choice(
            (("accepted", "On the next agenda."), ("declined", "Police and housing already meet weekly on this block."))
        )
        proposal.update(state=state, answered_by=supervisor.id, answered_at=answered, reason=reason)


def _reviews(teller: "CaseTeller", episode: Row, party: Any, supervisor: User, began: datetime) -> None:
    standards, number = teller.standards.risk, 1
    due = worktime.working_days(began, standards.supervision_review.first, same_day=True)
    while due < teller.as_of - timedelta(days=8) or (due < teller.as_of and teller.chance.random() < 0.7):
        done = due - timedelta(hours=teller.chance.randint(1, 5))
        note = "Plan is right for the risk. Keep the contact at five days."
        teller.rows.add(
            "supervision_review",
            episode_id=episode["id"],
            party_id=party,
            number=number,
            due_at=due,
            done_at=done,
            done_by=supervisor.id,
            note=note,
        )
        due, number = worktime.working_days(done, standards.supervision_review.then_every, same_day=True), number + 1
    teller.rows.add("supervision_review", episode_id=episode["id"], party_id=party, number=number, due_at=due)


def _team_slug(teller: "CaseTeller", by: User) -> str:
    return next((slug for slug, people in teller.staff.officers.items() if by in people), "blaby-asb")


def _referral(teller: "CaseTeller", called: Called, began: datetime) -> Row:
    consent = _consent(teller, called)
    held = consent == "refused"
    agency = teller.staff.victim_first.id
    made = teller.rows.add(
        "referral",
        agency_id=agency,
        person_id=called.person["id"],
        party_id=called.victim["id"],
        case_id=called.victim["case_id"],
        report_id=called.report["id"],
        state="held" if held else "open",
        consent="not_asked" if consent == "not_asked" else consent,
        why=f"High risk: {'; '.join(called.screen['because'][:3])}",
        referred_at=began,
        decide_by=worktime.working_days(began, 1, same_day=True) if held else None,
        acknowledge_by=None if held else worktime.working_days(began, 1, same_day=True),
        contact_by=None if held else began + timedelta(hours=48),
        escalate_by=None if held else began + timedelta(hours=72),
    )
    _event(teller, made, "held" if held else "referred", began, None, "Sentinel")
    if not held:
        _answered(teller, made, began)
    return made


def _consent(teller: "CaseTeller", called: Called) -> str:
    return next(
        str(row["consent_victim_first"]) for row in reversed(teller.rows.tables["party_detail"]) if row["party_id"] == called.victim["id"]
    )


def _answered(teller: "CaseTeller", referral: Row, began: datetime) -> None:
    """What the agency did about it, as far as it has come by today."""
    worker, at = teller.staff.worker, began
    for step, hours in zip(STEPS, (3, 2, 20), strict=True):
        at = teller.working(at + timedelta(hours=hours * teller.chance.uniform(0.4, 1.6)))
        if at > teller.as_of or (at > teller.as_of - timedelta(days=6) and teller.chance.random() < 0.35):
            return
        referral.update(state=step, worker_id=worker.id)
        if step in ("acknowledged", "contacted"):
            referral[f"{step}_at"] = at
        _event(teller, referral, step, at, worker, worker.name, teller.chance.choice(stories.CAME_OF_IT) if step == "contacted" else None)
    over = at + timedelta(days=teller.chance.randint(20, 60))
    if over < teller.as_of and teller.chance.random() < 0.85:
        referral.update(state="closed", ended_at=over)
        _event(teller, referral, "closed", over, worker, worker.name, "Support finished. Knows how to come back.")


def over(teller: "CaseTeller", called: Called, at: datetime) -> None:
    """The case closed: episode, reviews and referral end with it."""
    party = called.victim["id"]
    for table, field in (("high_episode", "ended_at"), ("supervision_review", "ended_at")):
        for row in teller.rows.tables[table]:
            if row["party_id"] == party and not row.get("done_at"):
                row[field] = max(at, row.get("opened_at", at))
    for referral in teller.rows.tables["referral"]:
        if referral["party_id"] == party and referral["state"] != "closed":
            referral.update(state="closed" if referral["state"] != "held" else "withdrawn", ended_at=at)
            _event(teller, referral, referral["state"], at, teller.staff.worker, teller.staff.worker.name)


def _event(teller: "CaseTeller", referral: Row, kind: str, at: datetime, by: User | None, name: str, note: str | None = None) -> None:
    teller.rows.add("referral_event", referral_id=referral["id"], kind=kind, at=at, by_user=by.id if by else None, by_name=name, note=note)


def tried(teller: "CaseTeller", case: Row, called: Called, by: User, opened: datetime, ends_at: datetime | None) -> None:
    """What was tried, in order, and what was considered and not used."""
    chance, last = teller.chance, ends_at or teller.as_of
    day = london(opened).date() + timedelta(days=chance.randint(1, 5))
    for power, tier, note in stories.TRIED[: chance.choices([0, 1, 2, 3, 5], [15, 35, 30, 14, 6])[0]]:
        if day >= london(last).date():
            return
        _intervention(teller, case, by, power, tier, note, day, ends_at)
        day += timedelta(days=chance.randint(6, 30))
    if chance.random() < 0.3:
        power, tier, reason, words = chance.choice(stories.NOT_USED)
        teller.rows.add(
            "intervention",
            case_id=case["id"],
            power_key=power,
            power_version="1",
            tier=tier,
            state="not_used",
            proposed_by=by.id,
            proposed_at=opened,
            reason=reason,
            note=words,
        )
        teller.teller.story({"case_id": case["id"]}, "intervention", f"Considered and not used: {_power(teller, power)}", opened, by, words)


def _intervention(teller: "CaseTeller", case: Row, by: User, power: str, tier: str, note: str, day: date, ends_at: datetime | None) -> None:
    at = datetime.combine(day, datetime.min.time(), tzinfo=teller.as_of.tzinfo) + timedelta(hours=11)
    alone = power in ("verbal_advice", "first_letter")
    ends_on = day + timedelta(days=182) if power in ("abc", "warning_letter") else None
    over = ends_on is None or ends_at is not None or ends_on < london(teller.as_of).date()
    if ends_on and ends_at:
        ends_on = max(day, min(ends_on, london(ends_at).date()))
    supervisor = teller.staff.supervisors[_team_slug(teller, by)][0]
    teller.rows.add(
        "intervention",
        case_id=case["id"],
        power_key=power,
        power_version="1",
        tier=tier,
        state="ended" if over else "in_force",
        self_authorised=alone,
        proposed_by=by.id,
        proposed_at=at,
        authorised_by=by.id if alone else supervisor.id,
        authorised_at=at,
        starts_on=day,
        ends_on=ends_on,
        ends_at=_last_minute(ends_on) if ends_on else None,
        reason=teller.chance.choice(stories.WHAT_CAME_OF_IT) if over else None,
        note=note,
    )
    teller.teller.story({"case_id": case["id"]}, "intervention", f"{_power(teller, power)}: started", at, by, note)


def _last_minute(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(0), LONDON)


def _power(teller: "CaseTeller", key: str) -> str:
    return str(teller.standards.powers.get(key).name)


def actions(teller: "CaseTeller", case: Row, by: User, opened: datetime, ends_at: datetime | None) -> None:
    """Things to do, done and not."""
    for what in teller.chance.sample(stories.ACTIONS, teller.chance.choice([0, 0, 1, 1, 2, 3])):
        made = opened + (min(ends_at or teller.as_of, teller.as_of) - opened) * teller.chance.uniform(0, 0.95)
        due = worktime.working_days(made, teller.chance.choice([2, 5, 10]))
        done = ends_at is not None or due < teller.as_of - timedelta(days=3) or teller.chance.random() < 0.4
        finished = min(due, ends_at or teller.as_of, teller.as_of)
        teller.rows.add(
            "case_action",
            case_id=case["id"],
            what=what,
            owner_id=by.id,
            due_at=due,
            created_by=by.id,
            created_at=made,
            done_at=finished if done else None,
            outcome="Done." if done else None,
        )


def asked(worker: "CaseTeller", case: Row, called: Called, ends_at: datetime) -> None:
    """The survey after closing: offered to most, answered by some, in words by a few."""
    chance, survey = Random(case["reference"]), worker.standards.survey  # noqa: S311  of its own: nothing else comes out differently
    if chance.random() < 0.3:
        return
    offer = worker.rows.add(
        "survey_offer",
        case_id=case["id"],
        person_id=called.victim["person_id"],
        party_id=called.victim["id"],
        channel="email",
        offered_at=ends_at,
    )
    answered = ends_at + timedelta(days=chance.uniform(0.5, 20))
    if answered > worker.as_of or chance.random() < 0.45:
        return
    offer["answered_at"] = answered
    answers = {one.key: chance.choices(one.answer, [5, 2, 2, 1][: len(one.answer)])[0].key for one in survey.question}
    worker.rows.add(
        "survey_answer",
        id=UUID(int=chance.getrandbits(128), version=4),
        partner_id=case["owner_partner_id"],
        team_id=case["team_id"],
        offer_id=offer["id"] if chance.random() < 0.3 else None,
        month=answered.astimezone(LONDON).date().replace(day=1),
        standards_version=survey.version,
        answers=answers,
        expected=chance.choice(stories.EXPECTED) if chance.random() < 0.4 else None,
    )
