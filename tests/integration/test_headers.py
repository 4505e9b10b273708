"""What every answer tells the browser, over every address there is."""

import re
from uuid import uuid4

import pytest

from config.settings import ROOT, Settings
from sentinel.core.serving.incoming import LARGEST_BODY
from tests.conftest import make_app
from tests.pages import PageClient

pytestmark = pytest.mark.security

PROMISED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


NO_REFERRER = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


def strict(answer, **more) -> None:
    assert (PROMISED | more).items() <= dict(answer.headers).items()
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy and ("script-src 'self'" in policy or policy.startswith("sandbox"))
    assert "camera=()" in answer.headers["Permissions-Policy"]


def addresses(app):
    for rule in app.url_map.iter_rules():
        values = {name: {"UUIDConverter": uuid4()}.get(type(rule._converters[name]).__name__, "1") for name in rule.arguments}
        with app.test_request_context():
            yield app.url_for(rule.endpoint, **values), rule


@pytest.mark.parametrize("email", [None, "supervisor@blaby.example"])
def test_every_address_answers_strictly_whoever_asks(app, email) -> None:
    client, statuses = PageClient(app, email), set()
    for path, rule in list(addresses(app)):
        for method in sorted(rule.methods & {"GET", "POST"}):
            answer = client.ask(method, path)
            statuses.add(answer.status_code)
            strict(answer, **(NO_REFERRER if rule.endpoint.startswith("survey.") else {}))
            if rule.endpoint not in ("static", "assets"):
                assert answer.headers["Cache-Control"] == "no-store", path
    assert {302, 400, 404} <= statuses


def test_a_failure_and_a_missing_page_answer_as_strictly(app, client_as, monkeypatch) -> None:
    def fail(*_):
        raise LookupError

    strict(client_as("officer@blaby.example").get("/nothing", status=404))
    monkeypatch.setattr("sentinel.desk.cases_list.filters_of", fail)
    strict(client_as("officer@blaby.example").get("/cases", status=500))
    strict(client_as("officer@blaby.example").get("/imports", status=403))


def test_over_https_cookies_and_answers_say_so(own_database) -> None:
    app = make_app(own_database, base_url="https://sentinel.example")
    answer = app.test_client().get("/sign-in", base_url="https://sentinel.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-sentinel=") and all(word in cookie for word in ("Secure", "HttpOnly", "Path=/", "SameSite=Lax"))
    assert "Domain" not in cookie
    with app.app_context():
        from sentinel.core.db import db

        db.engine.dispose()


def test_a_form_from_another_site_is_refused_even_with_the_token(client_as) -> None:
    client = client_as("officer@blaby.example")
    client.post("/sign-out", status=403, headers={"Sec-Fetch-Site": "cross-site"})
    client.post("/sign-out", headers={"Sec-Fetch-Site": "same-origin"})


def test_no_template_has_a_script_or_style_within() -> None:
    within = re.compile(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    assert [str(path) for path in (ROOT / "templates").rglob("*.html") if within.search(path.read_text())] == []


def test_no_secret_has_a_default() -> None:
    secret = [name for name in Settings.model_fields if re.search("secret|key|password|token|_url$", name) and name != "base_url"]
    assert len(secret) > 8
    assert all(Settings.model_fields[name].default == "" for name in secret)


def test_no_file_of_the_repository_holds_a_key() -> None:
    keylike = re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30}"
        r"|(?i:secret_key|password|api_key|token)\s*[:=]\s*[\"'][A-Za-z0-9+/_\-]{16,}[\"']"
    )
    found = [
        str(path.relative_to(ROOT))
        for folder in ("sentinel", "workers", "config", "migrations", "templates", ".ci")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and path.suffix not in (".pyc", ".png") and keylike.search(path.read_text(errors="replace"))
    ]
    assert found == []


def test_no_page_takes_more_than_the_web_process_keeps_of_a_request(app) -> None:
    taken = [getattr(view, "takes", 0) for view in app.view_functions.values()]
    assert app.config["MAX_CONTENT_LENGTH"] < max(taken) < LARGEST_BODY
