"""What must agree after a step, read from the database by a connection of its own, in plain SQL."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from tests.simulation.matters import Promise
from tests.simulation.model import Model, label
from tests.simulation.telling import STEPS, Alert
from tests.simulation.verbs import Verbs

PROMISES = """
SELECT party_id, kind, klass, starts_at, made_at, due_at, soon_at, supervisor_at, manager_at, state, kept_by, step, id FROM promise"""
PARTIES = "SELECT id, klass, coalesce(level, '-') AS level, contactable, role FROM party"
EPISODES = "SELECT id, party_id, opened_at, ended_at FROM high_episode ORDER BY party_id, opened_at, id"
REVIEWS = """
SELECT v.id, v.episode_id, v.number, v.due_at, v.done_at, v.ended_at FROM supervision_review v"""
ALERTS = """
SELECT a.trigger_key, a.subject_id, a.step, a.urgent, a.opened_at, a.closed_at, a.passed, u.email AS officer, t.slug AS team
FROM alert a LEFT JOIN app_user u ON u.id = a.officer_id LEFT JOIN team t ON t.id = a.team_id
WHERE a.trigger_key = ANY (%s) AND (a.closed_at IS NULL OR a.closed_at >= %s)"""
TOLD = """
SELECT a.trigger_key, a.subject_id, t.step, u.email, t.via, a.opened_at FROM telling t JOIN alert a ON a.id = t.alert_id
JOIN app_user u ON u.id = t.user_id WHERE t.told_at = %s AND a.trigger_key = ANY (%s)"""
UNSENT = "SELECT count(*) FROM telling WHERE via = 'now' AND outbox_id IS NULL"
# At most one a sweep. Of two at once each may begin a message; one that has nothing to say is not sent.
WRITTEN_TWICE = """
SELECT u.email FROM outbox o JOIN app_user u ON u.id = o.ref_id WHERE o.template = 'alerts_now' AND o.created_at = %s
AND EXISTS (SELECT FROM telling t WHERE t.outbox_id = o.id) GROUP BY u.email HAVING count(*) > %s"""
# Of every trigger, also those the model knows nothing of: somebody was told where an alert stands.
UNTOLD = """
SELECT a.trigger_key FROM alert a WHERE a.closed_at IS NULL
AND NOT EXISTS (SELECT FROM telling t WHERE t.alert_id = a.id AND t.step = a.step)"""
REPAIRED = "SELECT count(*) FROM alert WHERE trigger_key = 'no_promise'"
# The invariant said in SQL: every contactable victim on an untriaged report or open case has an open promise with a date.
BROKEN = """
SELECT v.id FROM party v LEFT JOIN asb_case c ON c.id = v.case_id LEFT JOIN report r ON r.id = v.report_id
WHERE v.role = 'victim' AND v.contactable AND (c.state IN ('open', 'closure_proposed') OR v.case_id IS NULL AND r.state = 'received')
AND NOT EXISTS (SELECT FROM promise p WHERE p.party_id = v.id AND p.state = 'open' AND p.due_at IS NOT NULL)"""
FIVE_THINGS = """
SELECT e.id, e.party_id, (SELECT count(*) FROM supervision_review v WHERE v.episode_id = e.id AND v.number = 1) AS reviews,
    (SELECT count(*) FROM multi_agency_proposal m WHERE m.episode_id = e.id) AS proposals,
    (SELECT count(*) FROM alert a WHERE a.trigger_key = 'high_risk' AND a.subject_id = e.id) AS alerts,
    (SELECT count(*) FROM episode_referral f WHERE f.episode_id = e.id) AS referrals,
    (SELECT count(*) FROM telling t JOIN alert a ON a.id = t.alert_id
     WHERE a.trigger_key = 'high_risk' AND a.subject_id = e.id AND t.told_at = e.opened_at) AS told
FROM high_episode e"""


class Differs(Exception):
    """Model and database disagree. `kind` is what is compared when a history is cut: names and moments left out."""

    def __init__(self, kind: str, lines: Iterable[str] = ()) -> None:
        self.kind, self.lines = kind, list(lines)
        super().__init__("\n  ".join([kind, *self.lines]))


class Comparing:
    """Looks at the database beside the model, after every step."""

    def __init__(self, address: str, model: Model, verbs: Verbs) -> None:
        self.connection = psycopg.connect(address, autocommit=True, row_factory=namedtuple_row)
        self.model, self.verbs = model, verbs
        self.before: datetime | None = None

    def close(self) -> None:
        """Nothing more to look at."""
        self.connection.close()

    def after(self, at: datetime, *, sweeps: int) -> None:
        """Raise Differs at the first thing that does not agree, after a step that was no sweep, one, or two at the same time."""
        swept = sweeps > 0
        self._names()
        self._promises()
        self._episodes()
        self._alerts(at, swept)
        self._told(at)
        self._held(at, sweeps)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self.connection.execute(query, values).fetchall()  # type: ignore[arg-type]

    def _names(self) -> None:
        self.parties = {key: name for name, key in self.verbs.parties.items()}
        self.contacts = {key: name for name, key in self.verbs.contacts.items()}
        self.subjects = {key: name for name, key in [*self.verbs.people.items(), *self.verbs.parties.items()]}
        self.subjects |= {key: name for name, key in [*self.verbs.reports.items(), *self.verbs.cases.items()]}
        self.subjects |= {key: name for name, key in self.verbs.hearings.items()}

    # --- Promises, classes, levels -------------------------------------------------------------------------------

    def _promises(self) -> None:
        rows = self._rows(PROMISES)
        for row in rows:
            self.subjects[row.id] = _label(self.parties[row.party_id], row)
        theirs = [
            (self.subjects[r.id], r.klass, r.soon_at, r.supervisor_at, r.manager_at, r.state, self.contacts.get(r.kept_by), r.step)
            for r in rows
        ]
        ours = [_as_row(one) for party in self.model.parties.values() for one in party.promises]
        _same("promises", ours, theirs, key=lambda row: (row[0].split()[1], row[5]))
        people = [(self.parties[r.id], r.klass, r.level, r.contactable) for r in self._rows(PARTIES) if r.role == "victim"]
        wanted = [(p.name, p.klass, p.level or "-", p.contactable) for p in self.model.parties.values() if p.role == "victim"]
        _same("classes and levels", wanted, people, key=lambda row: row[1:3])

    def _episodes(self) -> None:
        episodes: dict[Any, str] = {}
        numbers: Counter[Any] = Counter()
        theirs, ours = [], []
        for row in self._rows(EPISODES):
            numbers[row.party_id] += 1
            episodes[row.id] = f"{self.parties[row.party_id]} {numbers[row.party_id]}"
            theirs.append((episodes[row.id], row.opened_at, row.ended_at))
        self.subjects |= episodes
        for row in self._rows(REVIEWS):
            self.subjects[row.id] = f"{episodes[row.episode_id]}.{row.number}"
            theirs.append((self.subjects[row.id], row.due_at, row.done_at, row.ended_at))
        for party in self.model.parties.values():
            for one in party.episodes:
                ours.append((f"{party.name} {one.number}", one.opened, one.ended))
                ours += [(f"{party.name} {one.number}.{r.number}", r.due, r.done, r.ended) for r in one.reviews]
        _same("episodes and reviews", ours, theirs, key=lambda row: len(row))
        for row in self._rows(FIVE_THINGS):
            if (row.reviews, row.proposals, row.alerts, row.referrals) != (1, 1, 1, 1) or row.told < 1:
                raise Differs("the five things of an episode are not five", [f"{episodes[row.id]}: {row}"])

    # --- Alerts --------------------------------------------------------------------------------------------------

    def _alerts(self, at: datetime, swept: bool) -> None:
        rows = self._rows(ALERTS, list(STEPS), at)
        if not swept:
            self._close_what_ended(rows, at)
        theirs = [
            (r.trigger_key, self.subjects[r.subject_id], r.step, r.urgent, r.opened_at, tuple(r.passed), r.officer, r.team, r.closed_at)
            for r in rows
        ]
        ours = [_as_alert(one) for one in [*self.model.alerts.open.values(), *self.model.alerts.promised.values()]]
        ours += [_as_alert(one) for one in self.model.alerts.closed if one.closed and one.closed >= at]
        _same("alerts", ours, theirs, key=lambda row: (row[0], row[2], bool(row[8])))

    def _close_what_ended(self, rows: list[Any], at: datetime) -> None:
        """A fact that has ended may close its alert at once or at the next sweep, whichever comes first; never while it is so."""
        still = {(fact.trigger, fact.subject) for fact in self.model.facts() if fact.step(at)}
        for row in rows:
            key = (row.trigger_key, self.subjects[row.subject_id])
            if row.closed_at == at and key in self.model.alerts.open:
                if key in still:
                    raise Differs(f"closed while it is so: {row.trigger_key}", [key[1]])
                self.model.alerts.close_fact(key, at)

    def _told(self, at: datetime) -> None:
        rows = self._rows(TOLD, at, list(STEPS))
        theirs = [(r.trigger_key, self.subjects[r.subject_id], r.step, r.email, r.via) for r in rows]
        _same("tellings", self.model.alerts.told, theirs, key=lambda row: (row[0], row[2], row[4]))

    def _held(self, at: datetime, sweeps: int) -> None:
        if broken := self._rows(BROKEN):
            raise Differs("a victim without a promise", [self.parties[row.id] for row in broken])
        if unheld := self.model.unheld():
            raise Differs("a victim without a promise, in the model", unheld)
        if self._rows(REPAIRED)[0].count:
            raise Differs("the sweep had to repair a promise")
        if sweeps and self._rows(UNSENT)[0].count:
            raise Differs("somebody was told at once, and nothing was written to them")
        if sweeps and (untold := self._rows(UNTOLD)):
            raise Differs("an alert that nobody was told of", [row.trigger_key for row in untold])
        if sweeps and (twice := self._rows(WRITTEN_TWICE, at, sweeps)):
            raise Differs("two messages to one person in one sweep", [row.email for row in twice])


def _label(party: str, row: Any) -> str:
    return f"{party} {row.kind} {row.starts_at:%Y-%m-%d %H:%M} {row.made_at:%Y-%m-%d %H:%M} {row.due_at:%Y-%m-%d %H:%M}"


def _as_row(one: Promise) -> tuple[Any, ...]:
    return label(one), one.klass, one.soon, one.supervisor, one.manager, one.state, one.kept_by, one.step


def _as_alert(one: Alert) -> tuple[Any, ...]:
    _, team, officer = one.place
    return one.trigger, one.subject, one.step, one.urgent, one.opened, tuple(one.passed), officer, team, one.closed


def _same(what: str, ours: Iterable[Any], theirs: Iterable[Any], *, key: Any) -> None:
    wanted, found = Counter(ours), Counter(theirs)
    if wanted == found:
        return
    missing, more = list((wanted - found).elements()), list((found - wanted).elements())
    about = sorted({str(key(row)) for row in [*missing, *more]})
    lines = [f"by the rules: {_shown(row)}" for row in missing[:6]] + [f"as it is:     {_shown(row)}" for row in more[:6]]
    raise Differs(f"{what}: {about[0]}", lines)


def _shown(row: tuple[Any, ...]) -> str:
    return ", ".join(f"{one:%a %Y-%m-%d %H:%M}" if isinstance(one, datetime) else str(one) for one in row)
