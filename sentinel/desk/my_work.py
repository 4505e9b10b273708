"""My work: what needs doing today, most serious first, each row with its one button."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.cases import sharing, states
from sentinel.cases.models import Case, Party
from sentinel.core import clock
from sentinel.core.db import among, db
from sentinel.core.pages import counted
from sentinel.core.viewer import Viewer, current
from sentinel.desk import contact, letters, work_read, work_rows
from sentinel.desk.work_read import Desk
from sentinel.desk.work_rows import GROUPS, OVERDUE, TODAY, Row
from sentinel.people.models import Person
from sentinel.supervision import reading
from sentinel.victims import queries
from sentinel.victims.models import Promise

bp = Blueprint("my_work", __name__)

SHOWN = 10
LEVELS = (("any", "Any risk"), ("high", "High"), ("medium", "Medium"), ("standard", "Standard"), ("none", "Not assessed"))
WHAT = (("any", "Everything"), ("contact", "Contacts"), ("report", "Reports"), ("risk", "Risk"), ("other", "Orders, actions, referrals"))
KINDS = {"promise": "contact", "report": "report", "assess": "risk"}


@dataclass(frozen=True)
class Filter:
    """What of the list is shown: a risk, a kind of work, one's own or what one covers."""

    risk: str = "any"
    what: str = "any"
    whose: str = "any"

    @property
    def values(self) -> dict[str, str]:
        """For an address: only what is narrowed."""
        return {name: value for name, value in vars(self).items() if value != "any"}

    def keeps(self, row: Row) -> bool:
        """Is this row shown?"""
        risk = self.risk in ("any", row.level or "none")
        what = self.what in ("any", KINDS.get(row.key.split("-")[0], "other"))
        return risk and what and self.whose in ("any", "covered" if row.covering else "mine")


@dataclass
class Shown:
    """A group of rows on the page, and how many more there are."""

    key: str
    title: str
    n: int
    rows: list[Row]

    @property
    def more(self) -> int:
        """Rows that are not shown until asked for."""
        return self.n - len(self.rows)


@bp.get("/my-work")
@guards.requires(Permission.CASE_WORK)
def index() -> ResponseReturnValue:
    """Today, in order of consequence; `open` opens a row's form under it, `all` shows a whole group."""
    desk = work_read.read(current(), g.user)
    every = work_rows.rows_of(desk)
    chosen = _filter()
    groups = _groups([row for row in every if chosen.keeps(row)], request.args.get("all", ""))
    return render_template(
        "my_work/index.html",
        desk=desk,
        sentence=_sentence(every),
        groups=groups,
        chosen=chosen,
        filters=_filters(desk, chosen),
        narrowed=_narrowed(desk, chosen),
        opened=_opened(groups, chosen),
        quiet=_quiet(desk, every),
        next_due=_next_due(desk, desk.cases),
        address_of=work_rows.address_of,
        letters=letters.count_waiting(current()),
        opened_by_others=sharing.to_answer(current()),
        heard=reading.heard(current(), clock.now() - reading.LATELY),
    )


def count(viewer: Viewer) -> int:
    """People with a promise due by the end of today on the viewer's own cases."""
    mine = select(Case.id).where(Case.officer_id == viewer.user_id, Case.state.in_(states.LIVE))
    theirs = select(Party.id).where(Party.case_id == among(mine))
    due = Promise.state == "open", Promise.due_at < work_read.midnight(clock.now())
    owed = select(Promise.party_id).where(Promise.party_id == among(theirs), *due)
    people = select(Party.case_id, Person.canonical_id).join(Person, Person.id == Party.person_id).where(Party.id == among(owed)).distinct()
    return db.session.scalar(select(func.count()).select_from(people.subquery())) or 0


def _filter() -> Filter:
    asked = {name: request.args.get(name, "any") for name in ("risk", "what", "whose")}
    known = {"risk": dict(LEVELS), "what": dict(WHAT), "whose": dict(_whose())}
    return Filter(**{name: value if value in known[name] else "any" for name, value in asked.items()})


def _whose() -> tuple[tuple[str, str], ...]:
    return (("any", "Mine and what I cover"), ("mine", "Mine"), ("covered", "What I cover"))


def _filters(desk: Desk, chosen: Filter) -> list[tuple[str, str, Any, str]]:
    found = [("risk", "Risk", LEVELS, chosen.risk), ("what", "What", WHAT, chosen.what)]
    return [*found, ("whose", "Whose", _whose(), chosen.whose)] if desk.cover else found


def _narrowed(desk: Desk, chosen: Filter) -> str:
    """ "nothing filtered", "high, reports"."""
    words = [dict(options)[now] for name, _, options, now in _filters(desk, chosen) if name in chosen.values]
    return ", ".join(word.lower() for word in words) or "nothing filtered"


def _groups(rows: list[Row], whole: str) -> list[Shown]:
    found = []
    for key, title in GROUPS.items():
        of_group = [row for row in rows if row.group == key]
        if of_group:
            words = f"{title} or before" if key == TODAY and _any_late(of_group) else title
            found.append(Shown(key, words, len(of_group), of_group if key == whole else of_group[:SHOWN]))
    return found


def _any_late(rows: list[Row]) -> bool:
    return any(row.due_at <= clock.now() for row in rows)


def _sentence(rows: list[Row]) -> str:
    late, today = (sum(row.group == key for row in rows) for key in (OVERDUE, TODAY))
    when = "due today or before" if _any_late([row for row in rows if row.group == TODAY]) else "due today"
    if not late and not today:
        return "Nothing is overdue or due today." if rows else "Nothing is due."
    first = f"{counted(late, 'promise is', 'promises are')} overdue" if late else "No promise is overdue"
    second = f"{counted(today, 'thing is', 'things are')} {when}" if today else "nothing is due today"
    return f"{first} and {second}. Worst first."


def _opened(groups: list[Shown], chosen: Filter) -> dict[str, Any] | None:
    """The form under the open row, and the row to return to when it is saved."""
    wanted = request.args.get("open", "")
    rows = [row for group in groups for row in group.rows]
    at = next((n for n, row in enumerate(rows) if row.key == wanted and row.opens), None)
    if at is None:
        return None
    after = rows[at + 1].key if at + 1 < len(rows) else rows[0].key if len(rows) > 1 else ""
    party = queries.party_to_contact(current(), _key(rows[at].opens))
    onwards = url_for(".index", _anchor=after or None, **dict[str, Any](chosen.values))
    return {"key": wanted, "party": party, "form": contact.begun(party, onwards), **contact.told(party)}


def _key(value: UUID | None) -> UUID:
    assert value is not None
    return value


def _quiet(desk: Desk, rows: list[Row]) -> dict[str, Any]:
    """The cases without a row: how many, and when the next promise among them is due."""
    busy = {row.about.id for row in rows}
    quiet = [case for case in desk.cases if case.id not in busy]
    return {"n": len(quiet), "next": _next_due(desk, quiet), "all": len(desk.cases)}


def _next_due(desk: Desk, cases: list[Case]) -> datetime | None:
    due = [promise.due_at for case in cases for party in case.parties for promise in desk.promises.get(party.id, [])]
    return min(due, default=None)
