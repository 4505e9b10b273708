"""Requests that no page of ours sends: other kinds of body, bodies broken off, ten thousand fields, headers that lie."""

import html5lib
import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from sentinel.cases.models import CaseEvent
from sentinel.core.db import db
from tests import factories
from tests.architecture.test_access_table import doors
from tests.conftest import make_app
from tests.pages import PageClient

pytestmark = pytest.mark.security

OFFICER, ADMIN = "officer@blaby.example", "admin@blaby.example"
BOUNDARY = "multipart/form-data; boundary=b"
ELSEWHERE = "evil.example"
# Each believed by some server or framework: about where a request comes from, was sent to, or who sent it.
LIES = {
    "Host": ELSEWHERE,
    "X-Forwarded-Host": ELSEWHERE,
    "X-Forwarded-Server": ELSEWHERE,
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Prefix": f"/{ELSEWHERE}",
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "X-Client-IP": "127.0.0.1",
    "True-Client-IP": "127.0.0.1",
    "Forwarded": f"for=127.0.0.1;host={ELSEWHERE};proto=https",
    "X-Original-URL": "/declared",
    "X-Rewrite-URL": "/declared",
    "X-HTTP-Method-Override": "DELETE",
    "X-Method-Override": "DELETE",
    "X-Forwarded-User": "information@county.example",
    "Remote-User": "information@county.example",
    "X-User": "information@county.example",
    "Authorization": "Bearer information@county.example",
}


@pytest.fixture
def note(session, client_as):
    """An officer, and where a note of theirs is sent."""
    case = factories.case(officer=factories.user())
    session.commit()
    return client_as(OFFICER), f"/cases/{case.id}"


def lied(client: PageClient, method: str, path: str, *, data: dict[str, str] | None = None, **more: str) -> TestResponse:
    """A request with every lie, and the cookie that a client keeps for the host it knows."""
    cookie = client.client.get_cookie("sentinel")
    headers = LIES | {"Cookie": f"sentinel={cookie.value if cookie else ''}"} | more
    client.client = client.app.test_client(use_cookies=False)
    answer = client.ask(method, path, headers=headers, data=(data or {}) | {"csrf_token": client.token} if method == "POST" else None)
    client.client = client.app.test_client()
    client.client.set_cookie("sentinel", cookie.value if cookie else "")
    return answer


def notes() -> int:
    return db.session.scalar(select(func.count()).select_from(CaseEvent).where(CaseEvent.kind == "note")) or 0


def read(page: str) -> str:
    """The words of a page."""
    return " ".join("".join(html5lib.parse(page).itertext()).split())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", '{"note": "Taken as a form.", "csrf_token": "%s"}'),
        ("application/json", "[" * 100_000),
        ("application/json", '[1, {"note": {"note": [[]]}}]'),
        ("application/xml", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><note>&e;</note>'),
        ("text/plain", "note=Taken+as+a+form.&csrf_token=%s"),
        ("application/octet-stream", "note=x"),
    ],
)
def test_what_is_no_form_is_taken_by_no_view(kind, body, app, note):
    client, _ = note
    headers = {"X-CSRFToken": client.token}
    data = body.replace("%s", client.token)
    posts = [path for method, path in doors(app, set(app.view_functions)) if method == "POST"]
    assert len(posts) > 90
    for path in posts:
        answer = client.ask("POST", path, data=data, content_type=kind, headers=headers)
        assert answer.status_code == 415, path
    assert "was sent in another way" in answer.text
    assert notes() == 0


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (BOUNDARY, b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nbroken o'),
        (BOUNDARY, b'--b\r\nContent-Disposition: form-data; name="note"'),
        (BOUNDARY, b'--b\r\nContent-Disposition: form-data; name="note"; filename="../../x\x00"\r\n\r\nx\r\n--b--\r\n'),
        ("multipart/form-data", b"--b\r\n\r\n"),
        (f"multipart/form-data; boundary={'b' * 5_000}", b"--b\r\n\r\n"),
        ("application/x-www-form-urlencoded; charset=utf-16", b"n\x00o\x00t\x00e\x00"),
        ("application/x-www-form-urlencoded", b"%%%=%&&&=;note=%f&=" * 1_000),
    ],
)
def test_a_body_that_breaks_off_or_makes_no_sense_saves_nothing(kind, body, note):
    client, path = note
    answer = client.ask("POST", f"{path}/notes", data=body, content_type=kind, headers={"X-CSRFToken": client.token})
    assert answer.status_code in (400, 413, 422)
    assert "<h1" in answer.text
    assert notes() == 0


def test_ten_thousand_fields_are_too_many_however_they_are_sent(note):
    client, path = note
    part = '--b\r\nContent-Disposition: form-data; name="note[%d]"\r\n\r\nx\r\n'
    parts = "".join(part % n for n in range(10_000)) + "--b--\r\n"
    assert client.ask("POST", f"{path}/notes", data=parts, content_type=BOUNDARY).status_code == 413
    assert notes() == 0
    many = {f"note[{n}][a][b]": "x" for n in range(10_000)}
    sent = many | {"note": "What was said.", "csrf_token": client.token}
    assert client.ask("POST", f"{path}/notes", data=sent).status_code == 413
    assert notes() == 0
    client.post(f"{path}/notes", {"note": "What was said.", "a" + "[b]" * 5_000: "x"})
    assert notes() == 1


def test_headers_that_lie_change_nothing_of_a_page(note):
    client, path = note
    plain = client.ask("GET", path)
    answer = lied(client, "GET", path)
    assert (answer.status_code, read(answer.text)) == (plain.status_code, read(plain.text))
    assert ELSEWHERE not in answer.text + str(answer.headers)


def test_headers_that_lie_open_nothing_and_lead_nowhere_else(note, nobody):
    client, path = note
    assert lied(client, "GET", "/record").status_code == 403
    assert lied(nobody, "GET", path).headers["Location"] == f"/sign-in?next={path}"
    answer = lied(client, "POST", f"{path}/notes", data={"note": "What was said."})
    assert answer.headers["Location"].startswith(path)
    assert client.ask("GET", f"{path}/notes", headers={"X-HTTP-Method-Override": "POST"}).status_code == 405
    assert notes() == 1


@pytest.mark.parametrize("host", ["evil.example<script>", "evil example", "evil:b:c", "[", "\u00e9vil", "x" * 3_000, ""])
def test_a_host_that_is_none_is_shown_nowhere(host, note):
    client, path = note
    answer = lied(client, "GET", path, Host=host)
    assert answer.status_code in (200, 400)
    assert "evil" not in answer.text and "xxxx" not in answer.text


def test_the_address_of_a_link_is_ours_whatever_the_request_was_sent_to(client_as, app, session):
    person = factories.user("calltaker@blaby.example")
    session.commit()
    page = lied(client_as(ADMIN), "POST", f"/people/{person.id}/link").text
    assert f"{app.config['SENTINEL'].base_url}/link/" in page
    assert ELSEWHERE not in page


@pytest.mark.parametrize(("proxies", "said"), [(0, "127.0.0.1"), (1, "127.0.0.1, 203.0.113.9"), (1, "")])
def test_what_is_open_to_this_machine_alone_believes_no_header_about_where_from(proxies, said, database):
    app = make_app(database, proxies=proxies)
    headers = LIES | {"X-Forwarded-For": said}
    answer = app.test_client().get("/metrics", headers=headers, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert answer.status_code == 404


def test_a_wrong_try_counts_for_whoever_made_it_whatever_the_header_says(nobody, session):
    wrong = {"email": OFFICER, "password": "not this one"}
    answers = [
        nobody.ask("POST", "/sign-in", data=wrong | {"csrf_token": nobody.token}, headers={"X-Forwarded-For": f"198.51.100.{n}"})
        for n in range(7)
    ]
    assert answers[-1].status_code == 429


def test_nobody_is_somebody_by_a_header(app, session):
    stranger = PageClient(app, None)
    assert lied(stranger, "GET", "/account").status_code == 302
