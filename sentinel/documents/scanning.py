"""Asking ClamAV about a file, by its INSTREAM command: pieces with their length before them, an empty one at the end."""

import socket
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from flask import current_app

log = structlog.get_logger()

PIECE = 64 * 1024
CONNECT, ANSWER = 3, 30


@dataclass(frozen=True)
class Verdict:
    """`state` as in the table; `words`, the name of the signature that was found."""

    state: str
    words: str | None = None


def is_set_up() -> bool:
    """Is there a scanner to ask?"""
    return bool(current_app.config["SENTINEL"].clamd_url)


def scan(body: bytes) -> Verdict:
    """Clean, infected with what, waiting when the scanner gave no answer, unscanned when there is none."""
    url = current_app.config["SENTINEL"].clamd_url
    if not url:
        return Verdict("unscanned")
    try:
        answer = _ask(url, body)
    except (OSError, ValueError) as problem:
        log.warning("scanner_unreachable", kind=type(problem).__name__)
        return Verdict("waiting")
    if answer.endswith(" FOUND"):
        return Verdict("infected", answer.removeprefix("stream: ").removesuffix(" FOUND")[:200])
    return Verdict("clean" if answer == "stream: OK" else "waiting")


def _ask(url: str, body: bytes) -> str:
    with _connected(url) as line:
        line.settimeout(ANSWER)
        line.sendall(b"zINSTREAM\0")
        for start in range(0, len(body), PIECE):
            piece = body[start : start + PIECE]
            line.sendall(struct.pack("!L", len(piece)) + piece)
        line.sendall(struct.pack("!L", 0))
        return _answer(line)


def _answer(line: socket.socket) -> str:
    said = b""
    while b"\0" not in said and len(said) < 4_096:
        more = line.recv(1_024)
        if not more:
            break
        said += more
    return said.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _connected(url: str) -> socket.socket:
    parts = urlsplit(url)
    if parts.scheme != "unix":
        return socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=CONNECT)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(CONNECT)
    try:
        line.connect(parts.path)
    except OSError:
        line.close()
        raise
    return line
