"""A client that looks at every page it gets: title, one heading, labels, an error summary whose links lead to fields."""

from typing import Any
from urllib.parse import urlsplit

import html5lib
from flask import Flask, g
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from sentinel.core import viewer
from sentinel.core.db import db

RAW_TOKEN = "0123456789abcdef0123456789abcdef01234567"
HTML = "{http://www.w3.org/1999/xhtml}"


class PageClient:
    """Wraps Flask's client: signs in, adds the CSRF token, and checks every page."""

    def __init__(self, app: Flask, email: str | None) -> None:
        self.app = app
        self.client = app.test_client()
        self.token = URLSafeTimedSerializer(app.secret_key or "", salt="wtf-csrf-token").dumps(RAW_TOKEN)
        with self.client.session_transaction() as cookie:
            cookie["csrf_token"] = RAW_TOKEN
            if email:
                cookie["sid"] = self._sign_in(email)

    def _sign_in(self, email: str) -> str:
        from sqlalchemy import select

        from sentinel.access.models import User
        from sentinel.access.service import start_session

        token = start_session(db.session.scalars(select(User).where(User.email == email)).one())
        db.session.commit()
        return token

    def get(self, path: str, *, status: int = 200, **more: Any) -> TestResponse:
        """Get a page and check it."""
        return self._send("GET", path, status, **more)

    def post(self, path: str, data: dict[str, Any] | None = None, *, status: int = 302, csrf: bool = True, **more: Any) -> TestResponse:
        """Send a form with its token; by default it leads somewhere (302)."""
        fields = ({"csrf_token": self.token} if csrf else {}) | (data or {})
        return self._send("POST", path, status, data=fields, **more)

    def follow(self, path: str, data: dict[str, Any] | None = None) -> TestResponse:
        """Send a form and open the page it leads to."""
        target = self.post(path, data).headers["Location"]
        parts = urlsplit(target)
        return self.get(parts.path + (f"?{parts.query}" if parts.query else ""))

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        """Send a request and take whatever comes back."""
        db.session.commit()
        if g:  # the test's own context stands around every request: what the one before left there is gone for the next
            vars(g._get_current_object()).clear()
        was = viewer.current()
        response = self.client.open(path, method=method, **more)
        viewer.reset()
        viewer.become(_ended(), was)
        return response

    def _send(self, method: str, path: str, status: int, **more: Any) -> TestResponse:
        response = self.ask(method, path, **more)
        assert response.status_code == status, (
            f"{method} {path}: {response.status_code}, not {status}\n{response.get_data(as_text=True)[:3000]}"
        )
        if response.mimetype == "text/html" and not 300 <= status < 400 and "<html" in response.text:
            check_page(response.text, path)
        return response


def _ended() -> Any:
    db.session.rollback()
    return db.session()


def check_page(text: str, path: str) -> None:
    """One title, one main heading, every field labelled, every error linked to its field."""
    tree = html5lib.parse(text)
    titles = [node.text or "" for node in tree.iter(f"{HTML}title") if node.text]
    assert any("Sentinel" in title for title in titles), f"{path}: no title naming Sentinel"
    assert len(list(tree.iter(f"{HTML}h1"))) == 1, f"{path}: not exactly one h1"
    ids = [node.get("id") for node in tree.iter() if node.get("id")]
    assert len(ids) == len(set(ids)), f"{path}: ids used twice: {sorted({i for i in ids if ids.count(i) > 1})}"
    labelled = {node.get("for") for node in tree.iter(f"{HTML}label")}
    for kind in ("input", "select", "textarea"):
        for field in tree.iter(HTML + kind):
            if field.get("type") in ("hidden", "submit", "button"):
                continue
            assert field.get("id") in labelled or field.get("aria-label") or field.get("aria-labelledby"), (
                f"{path}: no label for {field.attrib}"
            )
    parts = [form.get("action") for form in tree.iter(f"{HTML}form") if "#" in (form.get("action") or "")]
    assert not parts, f"{path}: a form goes to a part of a page, where a refusal would lose the focus: {parts}"
    for node in tree.iter():
        if "govuk-error-summary__list" in (node.get("class") or ""):
            for link in node.iter(f"{HTML}a"):
                assert (link.get("href") or "")[1:] in ids, f"{path}: error summary leads nowhere: {link.attrib}"
