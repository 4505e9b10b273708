"""Sending a form and taking it back: filled in as somebody would, answered, followed, and undone, with everything it wrote."""

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from sqlalchemy import Connection, Engine, event
from werkzeug.test import TestResponse

from sentinel.core.db import db
from tests import factories
from tests.integration.every_form import Door
from tests.integration.one_of_each import OFFICER
from tests.pages import HTML, PageClient

TO_TRY = ("Said what was agreed.", "", "now", "tomorrow 10am", "Monday 9am", "20", "LE3 3KM", "07700 900318")
DAYS = {"-day": ("4", "1"), "-month": ("12", "12"), "-year": ("2026", "2026")}
BY_KIND = {"tel": ("07700 900318",), "email": ("somebody@blaby.example", OFFICER), "password": (factories.PASSWORD,)}
TRIES = 7
WRITES = ("INSERT", "UPDATE", "DELETE")

Fields = dict[str, list[Any]]


@dataclass
class Sent:
    """What came of it: the answer, the page it led to, and every statement with its values."""

    answer: TestResponse
    onwards: TestResponse | None = None
    statements: list[tuple[str, Any]] = field(default_factory=list)

    @cached_property
    def tree(self) -> Element:
        """The answer, parsed."""
        return html5lib.parse(self.answer.text if self.answer.mimetype == "text/html" else "")

    @property
    def accepted(self) -> bool:
        """Was it taken?"""
        return self.answer.status_code < 400

    @property
    def written(self) -> Counter[str]:
        """The statements that write, with their columns, and how often each was made; but that somebody is there is no matter."""
        writing = (words for words, _ in self.statements if words.lstrip().startswith(WRITES))
        return Counter(words for words in writing if "SET last_seen_at" not in words)

    @property
    def values(self) -> list[str]:
        """Every word that was given to the database."""
        return [value for _, given in self.statements for value in _flat(given) if isinstance(value, str)]

    def refused_fields(self) -> list[str]:
        """The names of the fields that the summary of problems leads to."""
        names = {node.get("id"): node.get("name") for node in self.tree.iter() if node.get("id") and node.get("name")}
        return [names[key] for key in _led_to(self.tree) if key in names]


class Sender:
    """Sends forms, each as if no other had ever been sent."""

    def __init__(self, clients: Mapping[str, PageClient], connection: Connection) -> None:
        self.clients, self.connection = dict(clients), connection

    def send(self, door: Door, fields: Fields, *, follow: bool = False, **headers: str) -> Sent:
        """Send it, look where it leads if asked to, and take it all back."""
        client = self.clients[door.who]
        cookie = client.client.get_cookie("sentinel")
        savepoint = self.connection.begin_nested()
        try:
            with _recorded() as statements:
                answer = client.ask(door.method, door.form.action, headers=headers, **_body(door, fields))
            return Sent(answer, _followed(client, answer) if follow else None, statements)
        finally:
            db.session.remove()
            savepoint.rollback()
            if cookie:
                client.client.set_cookie("sentinel", cookie.value)

    def good(self, door: Door) -> tuple[Fields, Sent]:
        """Values with which it is accepted, tried out; those tried last where none were found."""
        tried: Counter[str] = Counter()
        fields = filled(door, tried)
        sent = self.send(door, fields)
        for _ in range(TRIES):
            before = fields
            tried.update([] if sent.accepted else sent.refused_fields())
            fields = filled(door, tried)
            if fields == before:
                break
            sent = self.send(door, fields)
        return fields, sent


def filled(door: Door, tried: Mapping[str, int]) -> Fields:
    """The form as somebody would fill it in; where a field was refused before, with the next thing there is to say."""
    form = door.form
    fields: Fields = {name: list(values) for name, values in form.values.items() if name not in form.words}
    for name, offered in form.choices.items():
        answers = [value for value in offered if value]
        if answers and (tried.get(name) or not any(fields.get(name, ()))):
            fields[name] = [answers[tried.get(name, 0) % len(answers)]]
    for name in form.words:
        if form.shown(name) and not tried.get(name):
            fields[name] = [form.shown(name)]
        else:
            said = next((DAYS[part] for part in DAYS if name.endswith(part)), BY_KIND.get(form.kinds[name], TO_TRY))
            day = name.rpartition("-")[0] + "-day"
            fields[name] = [said[tried.get(day if name.endswith(tuple(DAYS)) else name, 0) % len(said)]]
    if door.button[0]:
        fields[door.button[0]] = [door.button[1]]
    return fields


def _body(door: Door, sent: Fields) -> dict[str, Any]:
    if door.form.files:
        files = {name: (io.BytesIO(b"What was said."), "said.txt") for name in door.form.files}
        return {"data": {name: [_text(value) for value in values] for name, values in sent.items()} | files}
    pairs = urlencode([(name, value) for name, values in sent.items() for value in values])
    if door.method == "GET":
        return {"query_string": pairs}
    return {"data": pairs, "content_type": "application/x-www-form-urlencoded"}


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _followed(client: PageClient, answer: TestResponse) -> TestResponse | None:
    location = urlsplit(answer.headers.get("Location", ""))
    if not location.path or location.netloc:
        return None
    return client.ask("GET", location.path + (f"?{location.query}" if location.query else ""))


@contextmanager
def _recorded() -> Iterator[list[tuple[str, Any]]]:
    made: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, given: Any, *___: Any) -> None:
        made.append((statement, given))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield made
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def _flat(given: Any) -> Iterator[Any]:
    if isinstance(given, Mapping):
        given = given.values()
    if isinstance(given, list | tuple) or not isinstance(given, str | bytes) and hasattr(given, "__iter__"):
        for one in given:
            yield from _flat(one)
    else:
        yield given


def _led_to(tree: Element) -> list[str]:
    lists = [node for node in tree.iter() if "govuk-error-summary__list" in (node.get("class") or "")]
    return [(link.get("href") or "")[1:] for found in lists for link in found.iter(f"{HTML}a")]
