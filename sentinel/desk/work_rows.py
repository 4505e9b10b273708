"""The rows of My work: why each is here, by when, and its one button. Grouped by consequence."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from flask import url_for

from config import agreed
from sentinel.cases.models import Case, Party, Report
from sentinel.core import clock
from sentinel.core.words import day, moment
from sentinel.desk.frame import link_to
from sentinel.desk.work_read import Desk
from sentinel.interventions.queries import power_name
from sentinel.victims import promises, rules, sentences
from sentinel.victims.models import ContactPlan, Promise
from sentinel.victims.rules import Kind

OVERDUE, TODAY, NEW, HIGH, COMING = "overdue", "today", "new", "high", "coming"
GROUPS = {
    OVERDUE: "Overdue promises",
    TODAY: "Due today",
    NEW: "New reports to decide",
    HIGH: "High risk, on track",
    COMING: "Orders and actions coming up",
}
RANK = {"high": 0, "medium": 1, "standard": 2}
UNDECIDED = "received"


@dataclass
class Row:
    """One line: who and where, why it is here, by when, how to reach them, what to do."""

    group: str
    key: str
    what: str
    due: datetime | date
    label: str
    href: str | None
    about: Case | Report
    party: Party | None = None
    detail: str = ""
    extra: str = ""
    hours: bool = False
    plan: ContactPlan | None = None
    asks_contact: bool = True
    opens: UUID | None = None
    covering: str = ""

    @property
    def name(self) -> str:
        """Whom it is about: the person, else the first victim, else the matter."""
        if self.party:
            return self.party.person.name
        victims = [party.person.name for party in self.about.parties if party.role == "victim"]
        return victims[0] if victims else getattr(self.about, "title", "") or "Nobody named"

    @property
    def level(self) -> str | None:
        """The risk of the person, else of the matter."""
        return self.party.level if self.party and self.party.role == "victim" else self.about.level

    @property
    def where(self) -> str:
        """The address; hidden in lists where the case is restricted."""
        if self.about.restricted:
            return "address hidden in lists"
        return self.about.place.address if self.about.place else ""

    @property
    def home(self) -> str | None:
        """The page of the case or report."""
        if isinstance(self.about, Case):
            return link_to("case.overview", case_id=self.about.id)
        return link_to("triage.report", report_id=self.about.id)

    @property
    def due_at(self) -> datetime:
        """Its moment; a date ends with its day."""
        return self.due if isinstance(self.due, datetime) else datetime.combine(self.due, datetime.max.time(), clock.LONDON)

    @property
    def urgency(self) -> tuple[int, datetime, str]:
        """The riskiest first, then the soonest."""
        return RANK.get(self.level or "", 3), self.due_at, self.key


def rows_of(desk: Desk) -> list[Row]:
    """Every row, by group and within it by urgency."""
    found = [*_of_cases(desk), *_of_tellings(desk), *_of_reports(desk), *_of_actions(desk), *_of_orders(desk)]
    order = list(GROUPS)
    return sorted(found, key=lambda row: (order.index(row.group), row.urgency))


def _group(desk: Desk, due: datetime) -> str:
    return OVERDUE if due <= desk.now else TODAY if due < desk.end_of_today else ""


def _of_cases(desk: Desk) -> Iterator[Row]:
    for case in desk.cases:
        pressing = [row for people in _by_person(case.parties) if (row := _pressing(desk, case, people))]
        yield from pressing
        shown = {row.party.id for row in pressing if row.party}
        others = [*_assessments(desk, case, shown), *_late_referrals(desk, case)]
        yield from others
        if not pressing and not others and case.level == "high":
            yield from _on_track(desk, case)


def _of_tellings(desk: Desk) -> Iterator[Row]:
    """Victims of somebody else's case whom this person was named to tell that it may close."""
    for case in desk.tellings:
        for people in _by_person(case.parties):
            still = [promise for promise in _open(desk, people) if promise.kind == Kind.CLOSURE]
            if still:
                row = _promise_row(desk, case, people, still)
                row.group = _group(desk, row.due_at) or COMING
                row.detail = f"You were named to tell them. {row.detail}"
                yield row


def _by_person(parties: list[Party]) -> list[list[Party]]:
    groups: dict[UUID, list[Party]] = {}
    for party in parties:
        groups.setdefault(party.person.canonical_id, []).append(party)
    return list(groups.values())


def _pressing(desk: Desk, about: Case | Report, parties: list[Party]) -> Row | None:
    """What is overdue or due today to one person on a case, as one row: one contact can keep it all."""
    open_ones = _open(desk, parties)
    due = [promise for promise in open_ones if _group(desk, promise.due_at)]
    if not due:
        return None
    row = _promise_row(desk, about, parties, due)
    assess_by = min((party.assess_by for party in parties if party.assess_by), default=None)
    if assess_by and _group(desk, assess_by):
        row.what += ", and full risk assessment"
        if row.group == TODAY:
            row.label, row.href, row.opens = "Assess risk", link_to("risk.assess", party_id=row.party.id if row.party else ""), None
    return row


def _open(desk: Desk, parties: list[Party]) -> list[Promise]:
    found = [promise for party in parties for promise in desk.promises.get(party.id, [])]
    return sorted(found, key=lambda promise: promise.due_at)


def _promise_row(desk: Desk, about: Case | Report, parties: list[Party], due: list[Promise]) -> Row:
    first = due[0]
    party = next(one for one in parties if one.id == first.party_id)
    plan = next((desk.plans[one.id] for one in parties if one.id in desk.plans), None)
    row = Row(
        group=_group(desk, first.due_at) or HIGH,
        key=f"promise-{first.id}",
        what=_titles(due),
        detail=_so_far(desk, parties, due),
        due=first.due_at,
        hours=sentences.in_hours(first.kind, agreed.current().contact),
        extra=_who_was_told(desk, due),
        label="Log contact",
        href=link_to("victims.log_contact", party_id=party.id),
        opens=party.id,
        about=about,
        party=party,
        plan=plan,
        covering=desk.covering(getattr(about, "officer_id", None)),
    )
    if plan and plan.no_contact and first.kind == Kind.CADENCE:
        row.what, row.label, row.opens = "Look at the case: they asked us not to contact them", "Record review", None
        row.href = link_to("victims.review", promise_id=first.id)
    return row


def _titles(due: list[Promise]) -> str:
    """ "First contact, and tell them the plan after the risk assessment"."""
    kinds = list(dict.fromkeys(promise.kind for promise in due))
    first, *rest = [_title(next(promise for promise in due if promise.kind == kind)) for kind in kinds]
    if not rest:
        return first
    return f"{first}, and {_uncapital(rest[0])}" + (f", and {len(rest) - 1} more" if len(rest) > 1 else "")


def _title(promise: Promise) -> str:
    if promise.kind != Kind.CADENCE:
        return promises.title(promise.kind)
    span = agreed.current().contact.rule(promise.kind).within(promise.klass)
    return f"No contact for {span.n} working days" if span and promise.due_at <= clock.now() else promises.title(promise.kind)


def _so_far(desk: Desk, parties: list[Party], due: list[Promise]) -> str:
    """When they were last spoken to, and what was tried since."""
    attempts = sorted(one for party in parties for one in desk.attempts.get(party.id, []) if one[0] >= due[0].starts_at)
    spoken = max((desk.spoken[party.id] for party in parties if party.id in desk.spoken), default=None)
    last = f"Last spoken to {day(clock.london(spoken).date())}." if spoken else "Nobody has spoken to them yet."
    return f"{last} {_tried(attempts)}".strip()


def _tried(attempts: list[tuple[datetime, str]]) -> str:
    if not attempts:
        return ""
    contact = agreed.current().contact
    tries = sentences.tries(attempts)
    if rules.excusable(attempts, contact):
        return f"{tries}: ask your supervisor to excuse it."
    if len(attempts) < contact.attempts.attempts - 1:
        return f"{tries}."
    another = " by another way" if len({channel for _, channel in attempts}) < contact.attempts.channels else ""
    return f"{tries}. One more{another}, and your supervisor may excuse it."


def _who_was_told(desk: Desk, due: list[Promise]) -> str:
    names = list(dict.fromkeys(name for promise in due for name in desk.told.get(promise.id, [])))
    if not names:
        return ""
    return f"{sentences.list_of(names)} {'was' if len(names) == 1 else 'were'} told"


def _assessments(desk: Desk, case: Case, shown: set[UUID]) -> Iterator[Row]:
    """Assessments due by today that no row above already asks for."""
    dated = [party for party in case.parties if party.role == "victim" and party.assess_by]
    for party in dated:
        assert party.assess_by is not None
        if _group(desk, party.assess_by) and party.id not in shown:
            yield _assess_row(desk, case, party, party.assess_by, "Full risk assessment", TODAY)
    review, victim = desk.reviews.get(case.id), _riskiest(case)
    if review and victim and not dated and _group(desk, review):
        yield _assess_row(desk, case, victim, review, "Risk review", TODAY)


def _riskiest(case: Case) -> Party | None:
    victims = [party for party in case.parties if party.role == "victim"]
    return min(victims, key=lambda party: RANK.get(party.level or "", 3), default=None)


def _assess_row(desk: Desk, case: Case, party: Party, due: datetime, what: str, group: str) -> Row:
    return Row(
        group=group,
        key=f"assess-{party.id}",
        what=what,
        detail=f"At {party.level} risk now" if party.level else "Not assessed yet",
        due=due,
        label="Assess risk",
        href=link_to("risk.assess", party_id=party.id),
        about=case,
        party=party,
        plan=desk.plans.get(party.id),
        covering=desk.covering(case.officer_id),
    )


def _late_referrals(desk: Desk, case: Case) -> Iterator[Row]:
    for referral in desk.referrals:
        if referral.case_id == case.id and referral.contact_by and referral.contact_by <= desk.now:
            yield _referral_row(desk, case, referral.party_id, TODAY)


def _referral_row(desk: Desk, case: Case, party_id: UUID, group: str) -> Row:
    referral = next(one for one in desk.referrals if one.party_id == party_id)
    assert referral.contact_by is not None
    party = next((one for one in case.parties if one.id == party_id), None)
    return Row(
        group=group,
        key=f"referral-{referral.id}",
        what=f"{referral.agency.name} have not reached them yet",
        detail=f"Referred {moment(referral.referred_at)}",
        due=referral.contact_by,
        hours=True,
        label="See the referral",
        href=link_to("referrals.case_referrals", case_id=case.id),
        about=case,
        party=party,
        plan=desk.plans.get(party_id),
        covering=desk.covering(case.officer_id),
    )


def _on_track(desk: Desk, case: Case) -> Iterator[Row]:
    """High risk and nothing late: what comes next, whichever it is."""
    options = []
    for people in _by_person(case.parties):
        if open_ones := _open(desk, people):
            options.append(_promise_row(desk, case, people, open_ones[:1]))
    for referral in desk.referrals:
        if referral.case_id == case.id:
            options.append(_referral_row(desk, case, referral.party_id, HIGH))
    if (victim := _riskiest(case)) and (due := victim.assess_by or desk.reviews.get(case.id)):
        options.append(_assess_row(desk, case, victim, due, "Full risk assessment" if victim.assess_by else "Risk review", HIGH))
    if options:
        yield min(options, key=lambda row: row.due_at)


def _of_reports(desk: Desk) -> Iterator[Row]:
    for report in desk.reports:
        calls = [promise for promise in _open(desk, report.parties) if promise.kind == Kind.SAFETY_CALL and report.state == UNDECIDED]
        if calls:
            yield _promise_row(desk, report, report.parties, calls)
        if report.state == UNDECIDED:
            yield _undecided(desk, report)
        else:
            yield from (row for people in _by_person(report.parties) if (row := _pressing(desk, report, people)))


def _undecided(desk: Desk, report: Report) -> Row:
    promised = [promise for promise in _open(desk, report.parties) if promise.kind != Kind.SAFETY_CALL]
    dates = [promise.due_at for promise in promised] + ([report.triage_by] if report.triage_by else [])
    due = min(dates, default=report.received_at)
    late = promised and _group(desk, promised[0].due_at) == OVERDUE
    victim = next((party for party in report.parties if party.role == "victim"), None)
    return Row(
        group=OVERDUE if late else TODAY if _group(desk, due) else NEW,
        key=f"report-{report.id}",
        what=_category(report) + (", hate perceived" if victim and victim.detail and victim.detail.hate_perceived else ""),
        detail=_about_report(report, promised, victim),
        due=due,
        extra=f"Reported {moment(report.received_at).replace('Today', 'today')}",
        label="Decide",
        href=link_to("triage.decide", report_id=report.id),
        about=report,
        party=victim,
        plan=desk.plans.get(victim.id) if victim else None,
        asks_contact=victim is not None,
    )


def _about_report(report: Report, promised: list[Promise], victim: Party | None) -> str:
    parts = ["Not screened yet."] if report.screened_at is None else []
    if victim and victim.klass == "enhanced":
        parts.append(f"Enhanced standard, because of {'high risk' if victim.level == 'high' else 'hate or vulnerability'}.")
    if promised:
        parts.append(f"Promised: {_uncapital(promises.title(promised[0].kind))}.")
    return " ".join(parts)


def _category(report: Report) -> str:
    known = {category.key: category.name for category in agreed.current().categories.category}
    return known.get(report.category or "", "A report without a category")


def _uncapital(words: str) -> str:
    return words[0].lower() + words[1:]


def _of_actions(desk: Desk) -> Iterator[Row]:
    for action, case in desk.actions:
        yield Row(
            group=TODAY if _group(desk, action.due_at) else COMING,
            key=f"action-{action.id}",
            what=f"Action: {_uncapital(action.what)}",
            due=action.due_at,
            label="Mark done",
            href=link_to("actions.finish", case_id=action.case_id, action_id=action.id),
            about=case,
            asks_contact=False,
            covering=desk.covering(action.owner_id),
        )


def _of_orders(desk: Desk) -> Iterator[Row]:
    by_key = {case.id: case for case in desk.cases}
    for order in desk.orders:
        assert order.ends_on is not None
        case = by_key[order.case_id]
        yield Row(
            group=TODAY if order.ends_on <= clock.london(desk.now).date() else COMING,
            key=f"order-{order.id}",
            what=f"{power_name(order.power_key)} ends",
            detail="Breached. " * (order.state == "breached") + "Renew it, or let it end, before then.",
            due=order.ends_on,
            label="Review it",
            href=link_to("interventions.case_interventions", case_id=case.id),
            about=case,
            asks_contact=False,
            covering=desk.covering(case.officer_id),
        )


def address_of(row: Row) -> str:
    """Where the row's button leads when its form is not opened in place."""
    return row.href or row.home or url_for("home.index")
