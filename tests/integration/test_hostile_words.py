"""Hostile words in every box of every form: never a failure, nothing evaluated, injected or lost, nothing written besides.

The forms are found by following links (`every_form.py`) in a house that has one of each thing (`one_of_each.py`): whoever adds a
form finds it tried here, and whoever adds a view that takes one and cannot be found is told so.
"""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit
from uuid import UUID
from xml.etree.ElementTree import Element

import html5lib
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from sentinel.core import clock, viewer
from sentinel.core.db import db
from tests import databases
from tests.conftest import make_app, undone
from tests.filling import as_kept, forms_in
from tests.integration import one_of_each
from tests.integration.every_form import Door, Walk
from tests.integration.form_sent import Fields, Sender, Sent
from tests.pages import HTML

pytestmark = pytest.mark.security

MOMENT = datetime(2026, 12, 2, 10, 42, tzinfo=UTC)
# Sent by a script of every page, and by the yellow bar of a demonstration: neither holds a field.
WITHOUT_A_FORM = {"access.stay", "access.become"}
# Shown again it reads as it was typed: escaped once, and not twice.
MARK = "Zqjxvw"
PROBE = MARK + "<&'\"&lt;"
HOSTILE = (
    PROBE + "'; DROP TABLE asb_case; --' OR '1'='1{{1337*7331}}{%x%}%(n)s{0}<script>h()</script>\"><img src=x onerror=h()>"
    '\r\nX-Hostile: 1\x00\x07\x9f\u202e\U0001f600=HYPERLINK("//e")../../etc/passwd'
)
PRODUCT = str(1337 * 7331)
BROKEN = b"\xed\xa0\x80\xff\xc0\xaf"  # half a character, and what is no UTF-8 at all
A_MEGABYTE = "x" * 1_000_000
# Pieces of a page, asked for while somebody types: they refuse nothing, and save nothing.
FRAGMENTS = {"intake.heard", "intake.matches", "intake.screen", "intake.draft", "risk.level", "risk.then", "risk.draft", "victims.draft"}
DAY = ("-day", "-month", "-year")
ANOTHER = UUID(int=0xFEED)
KEYS = ("id", "case_id", "person_id", "user_id", "partner_id", "owner_partner_id", "officer_id", "team_id", "submission", "actor_id")
COLUMNS = ("restricted", "version", "level", "state", "roles", "role", "kind", "disabled_at", "note[]", "note[0]", "__class__")
BESIDES = dict.fromkeys(KEYS, str(ANOTHER)) | dict.fromkeys(COLUMNS, "Besides")


@dataclass
class House:
    """One of each thing, every form in it, and who sends them."""

    app: Flask
    doors: list[Door]
    sender: Sender
    good: dict[int, tuple[Fields, Sent]]


@pytest.fixture(scope="module")
def furnished() -> Iterator[House]:
    """The house, with real commits; what is sent to it is undone."""
    name = f"sentinel_hostile_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with databases.superuser() as connection:
        databases.create(connection, name, databases.template())
    clock.freeze(MOMENT)
    app = make_app(name)
    app.testing = True
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        beginnings = one_of_each.furnish()
        db.session.remove()
    with databases.superuser(name) as connection:
        connection.execute(one_of_each.FLAGGED)
    with undone(app) as connection:
        walk = Walk(app, beginnings)
        sender = Sender(walk.clients, connection)
        # Whoever is half in is so for five minutes: their forms come first.
        yield House(app, sorted(walk.doors.values(), key=lambda door: not door.who.startswith(one_of_each.HALF_IN)), sender, {})
    with app.app_context():
        db.engine.dispose()
    with databases.superuser() as connection:
        databases.drop(connection, name)


@pytest.fixture
def house(furnished: House) -> House:
    """The same house, at the same moment."""
    clock.freeze(MOMENT)
    viewer.become(db.session(), viewer.system("test"))
    return furnished


def good(house: House, door: Door) -> tuple[Fields, Sent]:
    """What makes the form good, found out once."""
    if id(door) not in house.good:
        house.good[id(door)] = house.sender.good(door)
    return house.good[id(door)]


def test_every_view_that_takes_a_form_was_found(house: House) -> None:
    taking = {rule.endpoint for rule in house.app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert taking - {door.endpoint for door in house.doors} == WITHOUT_A_FORM


def test_hostile_words_do_nothing_but_stand_where_they_were_typed(house: House) -> None:
    problems, accepted = [], 0
    for door in house.doors:
        if not door.form.words:
            continue
        fields = good(house, door)[0]
        typed = dict.fromkeys(door.form.words, [HOSTILE.encode() + BROKEN])
        sent = house.sender.send(door, fields | typed, follow=True)
        problems += [f"{door}: {problem}" for problem in wrong_with(door, sent, typed)]
        if not sent.accepted:
            typed = {name: words for name, words in typed.items() if name not in refused_boxes(door, sent)}
            sent = house.sender.send(door, fields | typed, follow=True)
            problems += [f"{door}, again: {problem}" for problem in wrong_with(door, sent, typed)]
        accepted += sent.accepted
    assert not problems, "\n".join(problems)
    assert accepted > 60


def test_a_megabyte_in_a_box_is_refused_with_a_sentence_and_is_still_there(house: House) -> None:
    problems = []
    for door in house.doors:
        boxes = [name for name, kind in door.form.kinds.items() if kind in ("textarea", "text") and not name.endswith(DAY)]
        if not boxes or door.form.files or door.endpoint in FRAGMENTS:
            continue
        sent = house.sender.send(door, good(house, door)[0] | {boxes[0]: [A_MEGABYTE]})
        if sent.answer.status_code not in (200, 302, 422) or (sent.answer.status_code == 422 and "error-summary" not in sent.answer.text):
            problems.append(f"{door}: answered {sent.answer.status_code}")
        elif sent.answer.status_code != 302 and A_MEGABYTE not in sent.answer.text:
            problems.append(f"{door}: {boxes[0]} does not show it")
        problems += [f"{door}: it went to the database" for value in sent.values if len(value) > 30_000]
    assert not problems, "\n".join(problems)


def test_what_a_form_has_not_changes_nothing(house: House) -> None:
    """Columns by their names, lists for what is single, everything twice: the first of what the form has counts, and nothing else."""
    problems, compared = [], 0
    for door in house.doors:
        fields, before = good(house, door)
        besides = {name: [value] for name, value in BESIDES.items() if name not in door.form.names}
        twice = {name: [*values, str(ANOTHER)] for name, values in fields.items() if name in door.form.words}
        sent = house.sender.send(door, fields | twice | besides)
        compared += before.accepted
        if sent.answer.status_code != before.answer.status_code:
            problems.append(f"{door}: answered {sent.answer.status_code}, not {before.answer.status_code}")
        if sent.written != before.written:
            problems.append(f"{door}: also {sent.written - before.written}")
        problems += [f"{door}: {value} went to the database" for value in sent.values if value in BESIDES.values()]
    assert not problems, "\n".join(problems)
    assert compared > 80


def test_hostile_words_in_what_nobody_types_are_refused_or_do_nothing(house: House) -> None:
    """Hidden fields, answers of a list, the value of a button."""
    problems = []
    for door in house.doors:
        fields, _ = good(house, door)
        unseen = {name: [HOSTILE] for name in fields if name not in (*door.form.words, "csrf_token")}
        sent = house.sender.send(door, fields | unseen)
        problems += [f"{door}: {problem}" for problem in wrong_with_answer(sent.answer, sent.tree)]
    assert not problems, "\n".join(problems)


def refused_boxes(door: Door, sent: Sent) -> set[str]:
    """The boxes that were refused; of a day all three, though the summary leads to one."""
    stems = {name.removesuffix("-day").removesuffix("-month").removesuffix("-year") for name in sent.refused_fields()}
    return {name for name in door.form.words if name in stems or name.rpartition("-")[0] in stems}


def wrong_with(door: Door, sent: Sent, typed: Fields) -> Iterator[str]:
    """Everything that is wrong with an answer, and with the page it led to."""
    yield from wrong_with_answer(sent.answer, sent.tree)
    if sent.onwards:
        yield from wrong_with_answer(sent.onwards, html5lib.parse(sent.onwards.text))
    if sent.answer.status_code not in (200, 204, 302, 303, 422, 429):
        yield f"answered {sent.answer.status_code}"
    if any(MARK in words for words, _ in sent.statements):
        yield "typed words are part of a statement"
    for value in sent.values:
        if any(unicodedata.category(letter) in ("Cc", "Cs") and letter not in "\n\t" for letter in value):
            yield f"kept with a control character: {value[:60]!r}"
    if sent.answer.status_code == 422:
        yield from _lost(door, sent.tree, typed)


def wrong_with_answer(answer: TestResponse, tree: Element) -> Iterator[str]:
    """A failure, a header of somebody else's, an address elsewhere, something evaluated, an element injected, words escaped twice."""
    if answer.status_code >= 500:
        yield f"failed with {answer.status_code}"
    for name, value in answer.headers:
        if "hostile" in f"{name}{value}".lower() or "\n" in value or "\r" in value:
            yield f"header {name}: {value}"
    if urlsplit(answer.headers.get("Location", "")).netloc:
        yield f"leads to {answer.headers['Location']}"
    if PRODUCT.encode() in answer.data:
        yield "something was worked out"
    yield from _injected(tree)


def _injected(tree: Element) -> Iterator[str]:
    for node in tree.iter():
        if not isinstance(node.tag, str):
            continue
        kind = node.tag.removeprefix(HTML)
        if kind == "script" and not (node.get("src") or "").startswith(("/static/", "/assets/")) or node.get("src") == "x":
            yield f"an element of somebody else's: {kind}"
        yield from (f"attribute {name} of {kind}" for name in node.attrib if name.startswith("on"))
        for words in (node.text or "", node.tail or "", *node.attrib.values()):
            if words.count(MARK) != words.count(PROBE):
                yield f"not as it was typed in {kind}: {words[:80]!r}"


def _lost(door: Door, tree: Element, typed: Fields) -> Iterator[str]:
    """A refusal without a sentence, or words that are not there any more."""
    if not any("govuk-error-summary__list" in (node.get("class") or "") for node in tree.iter()):
        yield "refused without a sentence"
    again = [form for form in forms_in(tree, door.page) if set(form.words) == set(door.form.words)]
    if len(again) != 1:
        yield f"the form is there {len(again)} times"
        return
    for name, (words,) in typed.items():
        kept = as_kept(words.decode("utf-8", "ignore"), lines=again[0].words[name])
        if name.endswith(DAY):
            kept = kept[:20]
        if door.form.kinds[name] != "password" and not again[0].shown(name).startswith(kept):
            yield f"{name} shows {again[0].shown(name)!r}"
