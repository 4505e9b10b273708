"""What the model of rules.md knows of the world: plain data, nothing of Sentinel's."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

LIVE = ("open", "closure_proposed")
RANK = {"standard": 0, "medium": 1, "high": 2}


class Against(Exception):
    """The rules refuse this step."""


class Gone(Exception):
    """The step speaks of something that never came to be: an earlier step was cut, or refused."""


def there(found: dict[str, Any], name: str) -> Any:
    """What came to be under this name. Raises Gone where nothing did."""
    if name not in found:
        raise Gone
    return found[name]


@dataclass(frozen=True)
class Step:
    """One thing that happens, at a whole minute; everything it speaks of is named."""

    at: datetime
    verb: str
    about: dict[str, Any]


@dataclass
class Promise:
    """What was promised to a party, with its four moments, and how far its alert has got."""

    party: "Party"
    kind: str
    klass: str
    starts: datetime
    made: datetime
    due: datetime
    soon: datetime
    supervisor: datetime
    manager: datetime
    hearing: str | None = None
    state: str = "open"
    kept_by: str | None = None
    step: int = 0

    def reached(self, at: datetime) -> int:
        """The highest step whose moment has come."""
        moments = enumerate((self.soon, self.due, self.supervisor, self.manager), 1)
        return max((step for step, moment in moments if moment <= at), default=0)


@dataclass
class Standards:
    """The numbers of rules.md, or longer ones where the Victims' Code has its own."""

    slower: bool = False


@dataclass
class Assessment:
    """One look at the risk to a party."""

    kind: str
    at: datetime
    judged: str
    effective: str
    state: str
    again: datetime


@dataclass
class Review:
    """A supervisor's look at a high episode."""

    number: int
    due: datetime
    done: datetime | None = None
    ended: datetime | None = None


@dataclass
class Episode:
    """From when a party's level becomes high until it is lowered or the case closes."""

    number: int
    opened: datetime
    ended: datetime | None = None
    reviews: list[Review] = field(default_factory=list)


@dataclass
class Party:
    """A person in a role on a report."""

    name: str
    person: str
    role: str
    report: "Report"
    standards: Standards
    reachable: bool = True
    texts: bool = False
    may_not_know: bool = False
    domestic: bool = False
    safe: bool = False
    hate: bool = False
    vulnerable: bool = False
    code: bool = False
    level: str | None = None
    every: int | None = None
    supervisor_agreed: bool = False
    no_contact: bool = False
    assess_by: datetime | None = None
    speaker: str | None = None
    promises: list[Promise] = field(default_factory=list)
    assessments: list[Assessment] = field(default_factory=list)
    episodes: list[Episode] = field(default_factory=list)

    @property
    def klass(self) -> str:
        """The column of the standards: high, hate or a decision make it enhanced."""
        if self.role != "victim":
            return "standard"
        return "enhanced" if self.level == "high" or self.hate or self.vulnerable else self.level or "standard"

    @property
    def hidden(self) -> bool:
        """Must nobody contact them until somebody said that it is safe?"""
        return (self.may_not_know or self.domestic) and not self.safe

    @property
    def contactable(self) -> bool:
        """Can and may they be contacted?"""
        return self.reachable and not self.hidden

    @property
    def live(self) -> bool:
        """Do they stand on an open case, or on a report nobody has decided?"""
        return self.report.case.state in LIVE if self.report.case else self.report.state == "received"

    @property
    def owed(self) -> bool:
        """A victim we can contact, about something that goes on."""
        return self.role == "victim" and self.contactable and self.live

    @property
    def open(self) -> list[Promise]:
        """What they are still promised, soonest first."""
        return sorted((one for one in self.promises if one.state == "open"), key=lambda one: one.due)

    @property
    def episode(self) -> Episode | None:
        """The high episode they are in."""
        return next((one for one in self.episodes if one.ended is None), None)


@dataclass
class Report:
    """Somebody told us of something."""

    name: str
    received: datetime
    team: str
    taken_by: str = ""
    state: str = "received"
    screened: bool = False
    unsafe: bool = False
    incident: str = ""
    case: "Case | None" = None
    parties: list[Party] = field(default_factory=list)

    @property
    def reporter(self) -> str | None:
        """Whoever told us for somebody else, and may come to speak for them."""
        return next((party.person for party in self.parties if party.role == "reporter"), None)

    @property
    def matter(self) -> "Report | Case":
        """What its parties stand on now."""
        return self.case or self


@dataclass
class Case:
    """Work on one or more reports. Named after the report it was opened from."""

    name: str
    team: str
    officer: str
    opened: datetime
    entered: datetime
    state: str = "open"
    proposed: datetime | None = None
    held: datetime | None = None
    views: set[str] = field(default_factory=set)
    reports: list[Report] = field(default_factory=list)
    days: float = 0.0

    @property
    def reassess(self) -> datetime | None:
        """The earliest date on which the risk to a victim is looked at again; a screen has none: the full assessment has its own."""
        last = [party.assessments[-1] for party in self.parties if party.role == "victim" and party.assessments]
        return min((look.again for look in last if look.kind == "full"), default=None)

    @property
    def people(self) -> list[list[Party]]:
        """Its victims, each with every party they are."""
        found: dict[str, list[Party]] = {}
        for party in self.parties:
            if party.role == "victim":
                found.setdefault(party.person, []).append(party)
        return [sorted(parties, key=lambda one: int(one.report.name[1:])) for parties in found.values()]

    @property
    def parties(self) -> list[Party]:
        """Everybody on it."""
        return [party for report in self.reports for party in report.parties]


@dataclass
class Hearing:
    """A day in court about a case."""

    name: str
    case: Case
    at: datetime
    state: str = "set"


@dataclass
class Contact:
    """A contact or an attempt, with whom and about what."""

    name: str
    party: Party
    at: datetime
    channel: str
    direction: str
    outcome: str
    covers: tuple[str, ...]
    practitioner: bool
    person: str
    intake: bool = False
