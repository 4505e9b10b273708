"""Marker words that go in through the ordinary pages, and the sinks they are looked for in."""

import io
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import html5lib
from flask import Flask

from sentinel.core import logging as ours
from sentinel.core import viewer
from sentinel.core.db import db
from tests.conftest import REDIS, make_app
from tests.pages import PageClient

BROKER = f"{REDIS.rpartition('/')[0]}/11"
TAKER, OFFICER, WORKER = "calltaker@blaby.example", "officer@blaby.example", "worker@victimfirst.example"
SUPERVISOR, INFORMATION = "supervisor@blaby.example", "information@county.example"
# Words that stand nowhere else in Sentinel: wherever one of them turns up, somebody's data has got out.
SECRETS = ("Quillfeather", "900777", "zq@quill.example", "Sandalwood", "parrot", "Snodgrass", "LE3 3KM", "LE33KM")
CALL = {
    "finish": "save",
    "danger": "no",
    "who": "them",
    "name": "Zubaida Quillfeather",
    "phone": "07700 900777",
    "ring": "yes",
    "email": "yes",
    "email_address": "zq@quill.example",
    "send": "email",
    "place": "77 Sandalwood Crescent, LE3 3KM",
    "home": "yes",
    "what": "He says he will wring the neck of her parrot, and has a knife.",
    "relation": "neighbour",
    "alleged_name": "Bartholomew Snodgrass",
    "answers-frequency": "daily",
    "answers-targeted": "me",
    "answers-affected": "extremely",
    "answers-happened": "weapon",
    "consent": "given",
}


def leaked(words: str) -> list[str]:
    """Which of the secrets stand in these words."""
    return [secret for secret in SECRETS if secret.lower() in words.lower()]


class Watched(PageClient):
    """A client that keeps every address it was shown or sent to, and every header of an answer."""

    def ask(self, method: str, path: str, **more: Any) -> Any:
        """As ever, and remember them."""
        response = super().ask(method, path, **more)
        self.app.extensions["addresses"] += [path, *response.headers.getlist("Location"), *_addresses_in(response)]
        self.app.extensions["headers"] += [f"{path} {name}: {value}" for name, value in response.headers]
        return response


def _addresses_in(response: Any) -> list[str]:
    nodes = html5lib.parse(response.text).iter() if response.mimetype == "text/html" else []
    found = [node.get(name) for node in nodes for name in ("href", "action", "formaction", "src", "data-live-url", "data-draft")]
    return [address for address in found if address and not address.startswith(("tel:", "mailto:"))]


@contextmanager
def all_that_is_logged() -> Iterator[io.StringIO]:
    """Everything that is written to the log, by Sentinel and by the libraries."""
    written, real = io.StringIO(), sys.stderr
    handler = logging.StreamHandler(written)
    logging.getLogger().addHandler(handler)
    sys.stderr = written
    ours.set_up()
    try:
        yield written
    finally:
        sys.stderr = real
        ours.set_up()
        logging.getLogger().removeHandler(handler)


@contextmanager
def opened(database: str, **settings: Any) -> Iterator[Flask]:
    """The application with real commits."""
    app = make_app(database, **settings)
    app.extensions |= {"addresses": [], "headers": []}
    with app.app_context(), viewer.acting_as(viewer.system("test")):
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()
