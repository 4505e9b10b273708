"""What using a power needs, and which of it the record of a case already shows."""

from collections.abc import Iterator
from dataclasses import dataclass

from config.agreed.powers import Power
from sentinel.cases import incidents
from sentinel.cases.models import Case
from sentinel.core import clock
from sentinel.core.pages import counted
from sentinel.core.words import day
from sentinel.interventions import queries

MARKS = {"shown": "On record", "missing": "Missing", "against": "Against it", "to_come": "Still to come"}


@dataclass(frozen=True)
class Need:
    """One thing a power needs; how the record stands to it (a key of MARKS), and where it is or what to do."""

    what: str
    state: str
    detail: str

    @property
    def shown(self) -> bool:
        """Does the record show it?"""
        return self.state == "shown"

    @property
    def mark(self) -> str:
        """How the record stands to it, in words."""
        return MARKS[self.state]

    @property
    def tells(self) -> str:
        """What sets this power apart on this case: what is missing or against it; nothing where all is well or still to come."""
        return {"missing": f"{self.what[0].lower()}{self.what[1:]}.", "against": self.detail}.get(self.state, "")


def of(power: Power, case: Case) -> list[Need]:
    """Everything this power needs on this case, in the order it is asked for."""
    return [_alleged(case), _incidents(case), *_ages(case), *_not_where(power, case), *_consents(power), *_authorised(power)]


def vulnerable(case: Case) -> list[str]:
    """Names of those alleged to be responsible of whom the record says that they are vulnerable: support comes first."""
    return [one.person.name for one in queries.alleged(case) if one.detail and (one.detail.vulnerability or one.detail.vulnerabilities)]


def _alleged(case: Case) -> Need:
    names = [one.person.name for one in queries.alleged(case)]
    return Need("Somebody named as alleged to be responsible", _shown(names), ", ".join(names) or "Nobody is named on this case yet.")


def _incidents(case: Case) -> Need:
    counted_ones = [report for report in case.reports if report.state != "withdrawn"]
    n = incidents.count(counted_ones)
    last = max((report.received_at for report in counted_ones), default=None)
    detail = f"{counted(n, 'incident')} reported, the last on {day(clock.london(last).date())}." if last else "No report is on this case."
    return Need("What is alleged, and when", _shown(n), detail)


def _ages(case: Case) -> Iterator[Need]:
    alleged = queries.alleged(case)
    unknown = [one.person.name for one in alleged if queries.age(one) is None]
    known = [f"{one.person.name}, {queries.age(one)}" for one in alleged if queries.age(one) is not None]
    if alleged:
        ask = f"Not known: {', '.join(unknown)}. Under 18 a parent or guardian and youth justice are told."
        yield Need("How old they are", _shown(not unknown), ask if unknown else ", ".join(known))


def _not_where(power: Power, case: Case) -> Iterator[Need]:
    if power.not_where:
        found = list(_dangers(case))
        against = f"The record shows {' and '.join(found)}." if found else "The record shows none of it. Ask as well."
        yield Need(power.not_where, "against" if found else "shown", against)


def _dangers(case: Case) -> Iterator[str]:
    if any(report.detail.weapon == "yes" for report in case.reports):
        yield "a weapon"
    if any(report.detail.is_domestic for report in case.reports):
        yield "a partner or family"
    if any(party.detail and party.detail.hate_perceived for party in case.parties):
        yield "hate"


def _consents(power: Power) -> Iterator[Need]:
    if power.consents:
        yield Need("Everybody who takes part is willing", "to_come", "Write in the note who agreed, and how.")


def _authorised(power: Power) -> Iterator[Need]:
    if not power.self_authorised:
        role = (power.authoriser or "supervisor").replace("_", " ")
        yield Need(f"A {role} who did not propose it authorises it", "to_come", "They are asked under Sign-off when you propose it.")


def _shown(found: object) -> str:
    return "shown" if found else "missing"
