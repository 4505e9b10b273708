"""Every form there is, each with a person who may send it: those on the pages where people begin, and on those that links lead to."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit
from xml.etree.ElementTree import Element

import html5lib
from flask import Flask
from werkzeug.exceptions import HTTPException

from tests import factories
from tests.filling import Filled, forms_in
from tests.integration.one_of_each import HALF_IN, NOBODY, Beginning
from tests.pages import HTML, PageClient

HERE = "http://localhost"


@dataclass(frozen=True)
class Door:
    """A form somebody may send: who, on which page it stands, the view it is sent to, what is in it, and the button pressed."""

    who: str
    page: str
    endpoint: str
    method: str
    form: Filled
    button: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        pressed = f" {'='.join(self.button)}" if self.button[0] else ""
        return f"{self.endpoint}{pressed} ({self.who or 'nobody'}, {self.page})"


def visitor(app: Flask, who: str) -> PageClient:
    """A client of this person; of nobody; or of somebody whose password was right and who is asked for more."""
    client = PageClient(app, None if who == NOBODY or who.startswith(HALF_IN) else who)
    if who.startswith(HALF_IN):
        client.post("/sign-in", {"email": who.removeprefix(HALF_IN), "password": factories.PASSWORD})
    return client


class Walk:
    """Opens the pages where people begin, then one of every kind that takes a form and that links lead to; keeps every form once."""

    def __init__(self, app: Flask, beginnings: Iterable[Beginning]) -> None:
        self.app = app
        self.addresses = app.url_map.bind("localhost")
        self.doors: dict[tuple[Any, ...], Door] = {}
        self.pages: set[str] = set()
        self.clients: dict[str, PageClient] = {}
        begun = list(beginnings)
        led_to = [link for who, address in begun for link in self._open(who, address)]
        tried: set[Beginning] = set(begun)
        while led_to:
            who, address = led_to.pop(0)
            fresh = self._endpoint(address, "GET") not in self.pages
            if fresh and self._endpoint(address, "POST") and (who, address) not in tried:
                tried.add((who, address))
                led_to += self._open(who, address)

    def _open(self, who: str, address: str) -> list[Beginning]:
        if who not in self.clients:
            self.clients[who] = visitor(self.app, who)
        answer = self.clients[who].ask("GET", address)
        if answer.status_code == 302:
            return self._open(who, answer.headers["Location"])
        if answer.status_code != 200:
            return []
        self.pages.add(self._endpoint(address, "GET") or "")
        tree = html5lib.parse(answer.text) if answer.mimetype == "text/html" else Element("nothing")
        self._keep(who, address, tree)
        return [(who, link) for link in _links(tree, address)]

    def _keep(self, who: str, address: str, tree: Element) -> None:
        for method in ("post", "get"):
            for form in forms_in(tree, address, method):
                presses = [(form.action, button) for button in form.buttons or [("", "")]]
                for action, button in (*presses, *((script, ("", "")) for script in form.scripts)):
                    self._door(who, address, method.upper(), replace(form, action=urldefrag(action)[0]), button)

    def _door(self, who: str, address: str, method: str, form: Filled, button: tuple[str, str]) -> None:
        endpoint = self._endpoint(form.action, method)
        assert endpoint, f"{address}: a form that leads nowhere: {method} {form.action}"
        pressed = button if button[1].isalpha() else button[:1]  # a value that is no word is some row's
        self.doors.setdefault((endpoint, method, form.names, pressed), Door(who, address, endpoint, method, form, button))

    def _endpoint(self, address: str, method: str) -> str | None:
        try:
            endpoint, _ = self.addresses.match(urlsplit(address).path, method=method)
        except HTTPException:
            return None
        return str(endpoint)


def _links(tree: Element, here: str) -> Iterator[str]:
    for link in tree.iter(f"{HTML}a"):
        address, _ = urldefrag(urljoin(HERE + here, link.get("href") or ""))
        if address.startswith(f"{HERE}/"):
            yield address.removeprefix(HERE)
