"""GOV.UK Notify, played on this machine by what its documentation says of it: keys, templates, references, errors, deliveries."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import jwt

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"sentinel_test-{SERVICE}-{SECRET}"
TEXT, EMAIL = "f33517ff-2a88-4f6e-b855-c550268ce08a", "740e5834-3a29-46b4-9a6f-16142fde533a"
TEMPLATES = {TEXT: {"type": "sms", "body": "((body))"}, EMAIL: {"type": "email", "subject": "((subject))", "body": "((body))"}}
HANG, TAKE_AND_HANG = "hang", "take and hang"
NUMBER = "07700900318"
SAYS = {
    302: ("Found", "Not Notify at all, but something in between"),
    400: ("BadRequestError", f"Can't send to {NUMBER} using a team-only API key"),
    403: ("AuthError", "Error: Your system clock must be accurate to within 30 seconds"),
    404: ("NoResultFound", "No result found"),
    429: ("RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds"),
    500: ("Exception", "Internal server error"),
}

Answer = tuple[int, Any]


@dataclass
class Notify:
    """What it was sent, by its own number. `answers` are what it does with the next sendings; after those it takes them."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    asked_answers: list[int] = field(default_factory=list)
    taken: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    status: str = "created"
    over: Event = field(default_factory=Event)

    @property
    def settings(self) -> dict[str, str]:
        """Settings that lead here."""
        return {"notify_url": self.url, "notify_api_key": KEY, "notify_text_template": TEXT, "notify_email_template": EMAIL}

    @property
    def got(self) -> list[dict[str, Any]]:
        """What was taken, oldest first."""
        return list(self.taken.values())

    def become(self, status: str) -> None:
        """What everything taken so far becomes."""
        for one in self.taken.values():
            one["status"] = status

    def send(self, kind: str, body: dict[str, Any]) -> Answer | None:
        """POST /v2/notifications/sms or /email."""
        told = self.answers.pop(0) if self.answers else 201
        if told in SAYS:
            return refusal(told)
        if told == HANG:
            return None
        template = TEMPLATES.get(body["template_id"])
        if template is None or template["type"] != kind or not isinstance(body["personalisation"]["body"], str):
            return refusal(400)
        one = {**body, "id": str(uuid4()), "type": kind, "status": self.status}
        self.taken[one["id"]] = one
        return None if told == TAKE_AND_HANG else (201, {"id": one["id"], "reference": body["reference"], "content": {}, "uri": self.url})

    def ask(self, path: str, query: dict[str, list[str]]) -> Answer:
        """GET: notifications by reference, one of them, a template."""
        self.asked.append(path)
        if self.asked_answers:
            return refusal(self.asked_answers.pop(0))
        if path == "/v2/notifications":
            found = [one for one in reversed(self.got) if one["reference"] == query["reference"][0]]
            return 200, {"notifications": found, "links": {"current": self.url}}
        kind, _, number = path.removeprefix("/v2/").partition("/")
        held = {"notifications": self.taken, "template": TEMPLATES}[kind].get(number)
        return (200, {**held, "id": number}) if held else refusal(404)


def refusal(status: int) -> Answer:
    """An error as Notify words it."""
    error, message = SAYS[status]
    return status, {"status_code": status, "errors": [{"error": error, "message": message}]}


def _is_ours(header: str) -> bool:
    """A token of our service, signed with our secret, no older or newer than 30 seconds."""
    try:
        claims = jwt.decode(header.removeprefix("Bearer "), SECRET, algorithms=["HS256"], options={"verify_iat": False})
    except jwt.PyJWTError:
        return False
    return claims["iss"] == SERVICE and abs(claims["iat"] - time()) <= 30


@contextmanager
def notify_server() -> Iterator[Notify]:
    """Notify, at `url`."""
    notify = Notify()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(lambda path, _: notify.send(path.rpartition("/")[2], body))

        def do_GET(self) -> None:
            self.answer(notify.ask)

        def answer(self, ask: Any) -> None:
            parts = urlsplit(self.path)
            found = ask(parts.path, parse_qs(parts.query)) if _is_ours(self.headers["Authorization"]) else refusal(403)
            if found is None:
                notify.over.wait()
                return
            status, body = found
            words = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(words)))
            self.end_headers()
            self.wfile.write(words)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    notify.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield notify
    finally:
        notify.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
