"""One report of the demonstration: the call, who is in it, the screen, what was promised."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from config.agreed import Standards
from sentinel.access.models import Team, User
from sentinel.core import worktime
from sentinel.core.clock import LONDON
from sentinel.demonstration import stories
from sentinel.demonstration.answers import answers_for
from sentinel.demonstration.rows import Rows
from sentinel.demonstration.stories import Story
from sentinel.demonstration.telling import Row, Teller
from sentinel.demonstration.world import Home, World
from sentinel.risk import rules as risk
from sentinel.risk.asked import as_asked
from sentinel.victims import rules as victims


@dataclass
class Staff:
    """Who works where."""

    teams: dict[str, Team]
    officers: dict[str, list[User]]
    supervisors: dict[str, list[User]]
    call_taker: User
    victim_first: Any
    worker: User


@dataclass
class Called:
    """A report as it was taken, with everything a case needs to go on from it."""

    report: Row
    victim: Row
    person: Row
    plan: Row
    home: Home
    story: Story
    level: str
    klass: str
    hate: bool
    screen: Row
    at: datetime
    promises: list[Row] = field(default_factory=list)
    twins: list["Called"] = field(default_factory=list)


def take(
    *,
    world: World,
    rows: Rows,
    teller: Teller,
    staff: Staff,
    standards: Standards,
    team: str,
    at: datetime,
    reference: str,
    level: str,
    story: Story,
    person: Row | None = None,
    home: Home | None = None,
) -> Called:
    """A report taken at `at` for `team`, screened at `level`."""
    home = home or world.home(staff.teams[team].partner.district_code or "E07000129")
    person = person or _victim(world, rows, at, home)
    answers, suggestion = answers_for(standards.risk.screen, level, world.random)
    hate = any(value not in ("none", "skip") for value in answers.get("hate", []))
    klass = str(victims.klass_of(level, enhanced=hate))
    report = _report(world, rows, staff, standards, staff.teams[team], home, at, reference, level, story)
    said = _detail(world, rows, standards, report, story)
    victim = rows.add("party", report_id=report["id"], case_id=None, person_id=person["id"], role="victim", klass=klass, level=level)
    _party_detail(world, rows, victim, answers, hate=hate)
    plan = _plan(world, rows, victim, person, home)
    screen = _screen(rows, staff, standards, report, victim, level, as_asked(standards.risk.screen, answers), suggestion)
    called = Called(report, victim, person, plan, home, story, level, klass, hate, screen, at)
    _promises(called, teller, staff)
    on = {"report_id": report["id"], "case_id": None, "party_id": victim["id"]}
    teller.story(on, "report", f"Report {reference} taken by telephone from {person['name']}", at, staff.call_taker, said)
    teller.story(on, "risk", f"Screened {level}", report["screened_at"], staff.call_taker, "; ".join(suggestion.because) or None)
    return called


def _report(
    world: World,
    rows: Rows,
    staff: Staff,
    standards: Standards,
    owner: Team,
    home: Home,
    at: datetime,
    reference: str,
    level: str,
    story: Story,
) -> Row:
    return rows.add(
        "report",
        reference=reference,
        level=level,
        category=story.category,
        national_type=standards.categories.get(story.category).national_type,
        channel="phone",
        received_at=at,
        taken_at=at,
        taken_by=staff.call_taker.id,
        screened_at=at + timedelta(minutes=world.random.randint(3, 9)),
        owner_partner_id=owner.partner_id,
        team_id=owner.id,
        place_id=home.id,
        screen_by=worktime.working_hours(at, 4),
        triage_by=worktime.working_days(at, 1),
    )


def _detail(world: World, rows: Rows, standards: Standards, report: Row, story: Story) -> str:
    """What was said and when it happened; returns what was said."""
    said = world.random.choice(story.said)
    happened = report["received_at"] - timedelta(hours=world.random.randint(1, 30))
    by_neighbour = story.alleged == "neighbour"
    rows.add(
        "report_detail",
        report_id=report["id"],
        what_happened=said,
        occurred_from=happened,
        occurred_to=happened,
        when_words="",
        danger_now="no",
        relation="neighbour" if by_neighbour else "somebody_else",
        alleged_known="yes" if by_neighbour else "no",
        script_version=standards.scripts.version,
    )
    return said


def _party_detail(world: World, rows: Rows, victim: Row, answers: dict[str, Any], *, hate: bool) -> None:
    ticked = [value for value in answers.get("vulnerability", []) if value in stories.VULNERABLE]
    rows.add(
        "party_detail",
        party_id=victim["id"],
        standing="victim",
        hate_perceived=hate,
        hate_strands=[value for value in answers.get("hate", []) if hate and value != "none"],
        hate_perceived_by="the victim" if hate else None,
        vulnerabilities=ticked,
        vulnerability=" ".join(stories.VULNERABLE[value] for value in ticked) or None,
        consent_victim_first=world.random.choices(["given", "not_asked", "refused", "unsafe_to_ask"], [70, 16, 6, 8])[0],
    )


def _screen(
    rows: Rows,
    staff: Staff,
    standards: Standards,
    report: Row,
    victim: Row,
    level: str,
    answers: dict[str, Any],
    suggestion: risk.Suggestion,
) -> Row:
    return rows.add(
        "assessment",
        party_id=victim["id"],
        kind="screen",
        set_version=standards.risk.screen.version,
        answers=answers,
        score=suggestion.score,
        suggested=str(suggestion.level),
        because=[line[:300] for line in suggestion.because],
        judged=level,
        effective=level,
        state="in_force",
        assessor_id=staff.call_taker.id,
        assessed_at=report["screened_at"],
        review_by=risk.review_due(risk.Level(level), report["received_at"], standards.risk),
    )


def unnamed(called: Called, rows: Rows, world: World) -> None:
    """The alleged person of a report, known or only described."""
    described = {"neighbour": world.name(), "unknown": "Nobody known yet"}.get(called.story.alleged, f"Unknown: {called.story.alleged}")
    alleged = world.person(called.at, name=described)
    party = rows.add("party", report_id=called.report["id"], person_id=alleged["id"], role="alleged", contactable=False)
    party["case_id"] = called.victim["case_id"]
    rows.add("party_detail", party_id=party["id"], case_id=party["case_id"], standing="suspect", hate_strands=[], vulnerabilities=[])


def _victim(world: World, rows: Rows, at: datetime, home: Home) -> Row:
    person = world.person(at)
    rows.add("residence", person_id=person["id"], place_id=home.id, added_at=at)
    phone = world.phone()
    rows.add("person_contact", person_id=person["id"], kind="phone", value=phone, value_key="+44" + phone.replace(" ", "")[1:], added_at=at)
    person["phone"] = phone
    return person


def _plan(world: World, rows: Rows, victim: Row, person: Row, home: Home) -> Row:
    chance = world.random
    ring, text, voicemail = (chance.choices(["yes", "no", "not_asked"], weights)[0] for weights in ((88, 4, 8), (60, 15, 25), (35, 45, 20)))
    return rows.add(
        "contact_plan",
        party_id=victim["id"],
        phone=person.get("phone"),
        address=home.address,
        ring=ring,
        text=text,
        voicemail=voicemail,
        email="not_asked",
        post=chance.choice(["yes", "no", "not_asked"]),
        safe_times=chance.choice(stories.SAFE_TIMES),
        language=chance.choice(stories.LANGUAGES) if chance.random() < 0.12 else None,
        never=chance.choice(stories.NEVER) if chance.random() < 0.15 else None,
    )


def _promises(called: Called, teller: Teller, staff: Staff) -> None:
    report, victim = called.report["id"], called.victim
    told = teller.promise(victim, "acknowledge", called.klass, called.at, report)
    intake = teller.contact(
        victim, called.at, staff.call_taker, "Took the report and read out the reference.", covers=("acknowledge",), at_intake=True
    )
    intake["logged_at"] = called.at + timedelta(minutes=8)
    teller.keep(told, intake)
    called.promises.append(teller.promise(victim, "first_contact", called.klass, called.at, report))


def working_moment(world: World, day: datetime) -> datetime:
    """Some time of a working day, at or after `day`, in UTC; a tenth of calls come in the evening or at a weekend."""
    chance = world.random
    local = day.astimezone(LONDON)
    if chance.random() < 0.1:
        return local.replace(hour=chance.randint(17, 22), minute=chance.randint(0, 59), second=0, microsecond=0).astimezone(day.tzinfo)
    while not worktime.is_working_day(local.date()):
        local += timedelta(days=1)
    return local.replace(hour=chance.randint(9, 16), minute=chance.randint(0, 59), second=0, microsecond=0).astimezone(day.tzinfo)
