"""Who is told of the ASB case review, and who may ask for one (rules.md, Repeats; the numbers: reviews.toml).

Distinct incidents are counted, whoever was told of them: what another partner was told is counted without being shown.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, select, text

from config import agreed
from config.agreed.reviews import Threshold
from sentinel.access.models import Partner, User
from sentinel.cases.events import IncidentsLinked
from sentinel.cases.models import Party, Report
from sentinel.core import clock
from sentinel.core.db import db, new_id
from sentinel.people.models import Person
from sentinel.victims import promises
from sentinel.victims.models import Promise
from sentinel.victims.promises import make_promise
from sentinel.victims.rules import Kind

KINDS = (Kind.EXPLAIN_REVIEW, Kind.MAY_APPLY)
ONE_INCIDENT = "Fewer distinct incidents than it was promised for."

# Reports after the window's beginning up to the latest one, by incident. Asked as the owner: see migration 0019.
COUNTED = text("""
SELECT count(DISTINCT incident) FILTER (WHERE received_at > london_before(:latest, make_interval(months => :explain_months))) AS reported,
    count(DISTINCT incident) FILTER (WHERE counts AND in_time) AS qualifying,
    count(DISTINCT incident) FILTER (WHERE counts AND hate) AS hate
FROM (SELECT i.*, i.received_at > london_before(:latest, make_interval(months => :months)) AS counts,
        coalesce(i.occurred_at >= london_before(i.received_at, make_interval(months => :within)), true) AS in_time
    FROM incidents_about(:person) AS i WHERE i.received_at <= :latest) AS told""")


class Counted(NamedTuple):
    """Distinct incidents of a victim: reported at all, qualifying for a review, and hate."""

    reported: int
    qualifying: int
    hate: int


def counted(party: Party, latest: datetime) -> Counted:
    """The incidents of this victim in the months up to `latest`, by the threshold of the place's authority."""
    reviews, limit = agreed.current().reviews, threshold_of(party)
    months = {"explain_months": reviews.explain_months, "months": limit.months, "within": limit.reported_within_months}
    row = db.session.execute(COUNTED, {"person": party.person.canonical_id, "latest": latest, **months}).one()
    return Counted(*row)


def threshold_of(party: Party) -> Threshold:
    """The threshold where it happened; else of whoever owns the report or case."""
    report = party.report
    code = report.place.district_code if report and report.place else None
    council = agreed.current().partners.of_district(code) if code else None
    record = party.case or report
    owner = db.session.get(Partner, record.owner_partner_id) if record else None
    return agreed.current().reviews.threshold_of(council.slug if council else owner.slug if owner else "")


def promise_review(party: Party, actor: User | None, *, since: datetime | None = None) -> list[Promise]:
    """Promise this victim what they are to be told of the case review, once in the months that count.

    `since` is when that came to light, where it was not with the report.
    """
    if not promises.may_be_promised(party) or party.report is None:
        return []
    latest = party.report.received_at
    found = counted(party, latest)
    made = [_make(party, kind, since or latest) for kind in _due(party, found) if not _told_lately(party, kind, latest)]
    promises.announce(party, made, actor)
    return made


def follow_incidents(event: IncidentsLinked) -> None:
    """Reports were linked or set apart: who has told of one incident is no second time; who has told of two, is."""
    look_again(event.reports, event.actor)


def look_again(reports: Iterable[Report], actor: User | None) -> None:
    """What counts has changed for the victims of these reports: take back what is no longer due, and promise what is, now."""
    for person in {party.person.canonical_id: None for report in reports for party in report.parties if party.role == "victim"}:
        parties = _told_as(person)
        for party in parties:
            _take_back(party, actor)
        latest = next((party for party in reversed(parties) if promises.may_be_promised(party)), None)
        if latest:
            promise_review(latest, actor, since=clock.now())


def _take_back(party: Party, actor: User | None) -> None:
    still = [promise for promise in promises.open_of(party) if promise.kind in KINDS]
    due = _due(party, counted(party, party.report.received_at)) if still and party.report else []
    for promise in still:
        if promise.kind not in due:
            promises.end(promise, state="ended", reason=ONE_INCIDENT, actor=actor)


def words_to_say(party: Party, kind: str) -> str:
    """What an officer says of the case review, with the authority's own numbers; "" for every other kind."""
    reviews = agreed.current().reviews
    say = {Kind.EXPLAIN_REVIEW: reviews.say_explain, Kind.MAY_APPLY: reviews.say_may_apply}.get(Kind(kind), "")
    return say.format(threshold=threshold_of(party).words) if say else ""


def _due(party: Party, found: Counted) -> list[Kind]:
    reviews, limit = agreed.current().reviews, threshold_of(party)
    may_apply = found.qualifying >= limit.incidents or (limit.one_hate_incident and found.hate > 0)
    due = {Kind.EXPLAIN_REVIEW: found.reported >= reviews.explain_at_incident, Kind.MAY_APPLY: may_apply}
    return [kind for kind, is_due in due.items() if is_due]


def _make(party: Party, kind: Kind, since: datetime) -> Promise:
    assert party.report is not None
    taken_back = promises.made_for(party, kind, party.report.id)
    return make_promise(party=party, kind=kind, cause_id=new_id() if taken_back else party.report.id, starts_at=since)


def _told_lately(party: Party, kind: Kind, latest: datetime) -> bool:
    """Were they promised this for a report in the same months, and nobody took it back?"""
    months = agreed.current().reviews.explain_months if kind is Kind.EXPLAIN_REVIEW else threshold_of(party).months
    since = func.london_before(latest, func.make_interval(0, months))
    same = select(Promise.id).join(Party, Party.id == Promise.party_id).join(Person, Person.id == Party.person_id)
    same = same.where(Person.canonical_id == party.person.canonical_id, Promise.kind == kind, Promise.state != "ended")
    return db.session.scalar(same.where(Promise.starts_at > since).limit(1)) is not None


def _told_as(person: UUID) -> list[Party]:
    """The parties as which somebody is a victim of a report, in the order they were received."""
    query = select(Party).join(Person, Person.id == Party.person_id).join(Report, Report.id == Party.report_id)
    mine = query.where(Person.canonical_id == person, Party.role == "victim").order_by(Report.received_at, Party.id)
    return list(db.session.scalars(mine))
