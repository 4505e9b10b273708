"""Connections that never finish what they began keep nobody else from an answer: the real web process, on loopback."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests import databases
from tests.conftest import REDIS
from tests.integration.test_production import free_port, running
from tests.waiting import eventually

pytestmark = [pytest.mark.security, pytest.mark.worker]

SLOW = 30
MARK = b"person"  # stands for whatever somebody may have typed
MANY = [f"X-{number}" for number in range(200)]
HEADERS = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-www-form-urlencoded\r\n"
UNFINISHED = {
    "nothing at all": b"",
    "a line that does not end": b"GET /sign-in HTTP/1.1\r\nHost: 127",
    "a body that does not come": HEADERS + b"Content-Length: 1000\r\n\r\nemail=",
    "pieces that do not end": HEADERS + b"Transfer-Encoding: chunked\r\n\r\n5\r\nemail\r\n",
}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the web process writes."""
    return tmp_path_factory.mktemp("web") / "log"


@pytest.fixture(scope="module")
def port(database: str, log: Path) -> Iterator[int]:
    """A web process as production runs it, by somebody who asks for a log of every request."""
    told = {name: value for name, value in os.environ.items() if not name.startswith("SENTINEL_")} | {
        "SENTINEL_DATABASE_URL": databases.url("sentinel_web", database),
        "SENTINEL_REDIS_URL": REDIS,
        "SENTINEL_SECRET_KEY": "of this test alone, and long enough for anybody",
        "GUNICORN_CMD_ARGS": "--access-logfile -",
    }
    chosen = free_port()
    with log.open("wb") as written, running(told, "web", "--bind", f"127.0.0.1:{chosen}", output=written):
        assert eventually(lambda: status(chosen, timeout=2) == 200)
        yield chosen


def status(port: int, path: str = "/sign-in", timeout: float = 90) -> int:
    line = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        line.request("GET", path)
        return line.getresponse().status
    except OSError:
        return 0
    finally:
        line.close()


def exchange(port: int, sent: bytes) -> bytes:
    """What is answered until the line is closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(sent)
        return b"".join(iter(lambda: line.recv(65_536), b""))


@pytest.mark.parametrize("begun", UNFINISHED)
def test_thirty_who_never_finish_keep_nobody_from_an_answer(port: int, begun: str) -> None:
    with ExitStack() as stack:
        for _ in range(SLOW):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=20))
            line.sendall(UNFINISHED[begun])
        assert status(port) == 200


def test_a_line_or_a_header_without_end_is_refused(port: int) -> None:
    for path, more in (("/" + "a" * 9_000, {}), ("/sign-in", {"X-Long": "a" * 9_000}), ("/sign-in", dict.fromkeys(MANY, "a" * 100))):
        line = HTTPConnection("127.0.0.1", port, timeout=20)
        line.request("GET", path, headers=more)
        answer = line.getresponse()
        assert (answer.status, "Delete the cookies of this site" in answer.read().decode()) == (431, True)
        line.close()


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\x01\r\n\r\n", b"get /" + MARK + b" HTTP/1.1\r\n\r\n", HEADERS + b"Content-Length: x\r\n\r\n"]
)
def test_what_cannot_be_read_is_answered_without_a_word_of_it(port: int, sent: bytes) -> None:
    answer = exchange(port, sent)
    assert answer.startswith(b"HTTP/1.") and b" 400 " in answer.splitlines()[0]
    assert b"cannot read this request" in answer and b"nosniff" in answer
    assert MARK not in answer and b"waitress" not in answer.lower()


def test_no_answer_names_the_server_or_its_version(port: int) -> None:
    line = HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("GET", "/sign-in")
    assert line.getresponse().headers.get_all("Server") == ["Sentinel"]
    line.close()


PLAIN, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"
FIELD = b'--b\r\nContent-Disposition: form-data; name="%d"\r\n\r\n%s\r\n'
TOO_MUCH = {
    "a body larger than a page takes": (PLAIN, b"a=" + MARK * 400_000),
    "a body larger than any page takes": (PLAIN, b"a=" + MARK * 3_000_000),
    "too many fields": (PLAIN, b"&".join(b"%d=%s" % (number, MARK) for number in range(1_001))),
    "too many parts": (PARTS, b"".join(FIELD % (number, MARK) for number in range(1_001)) + b"--b--\r\n"),
}


@pytest.mark.parametrize("pieces", [False, True], ids=["with its length", "in pieces"])
@pytest.mark.parametrize("case", TOO_MUCH)
def test_more_than_is_taken_is_answered_with_a_page_that_says_what_to_do(port: int, case: str, pieces: bool) -> None:
    kind, body = TOO_MUCH[case]
    line = HTTPConnection("127.0.0.1", port, timeout=60)
    told = {"Content-Type": kind, "Content-Length": str(len(body))} if not pieces else {"Content-Type": kind}
    line.request("POST", "/sign-in", body=iter([body]) if pieces else body, headers=told, encode_chunked=pieces)
    answer = line.getresponse()
    page = answer.read()
    line.close()
    assert (answer.status, answer.headers["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert b"larger than Sentinel takes in one go" in page and b"Shorten it, or save it in parts." in page
    assert MARK not in page


def test_a_form_in_pieces_is_read_like_any_other(port: int) -> None:
    line = HTTPConnection("127.0.0.1", port, timeout=20)
    line.request("POST", "/sign-in", body=iter([b"email=", b"a"]), headers={"Content-Type": PLAIN}, encode_chunked=True)
    answer = line.getresponse()
    assert (answer.status, b"open too long to be saved" in answer.read()) == (400, True)  # it has no token
    line.close()


def test_nothing_that_was_sent_is_in_the_log(port: int, log: Path) -> None:
    assert exchange(port, b"GET /sign-in?" + MARK + b" HTTP/1.1\r\nHost: a\r\nReferer: " + MARK + b"\r\nConnection: close\r\n\r\n")
    assert "Booting worker" in log.read_text()
    assert MARK.decode() not in log.read_text()
