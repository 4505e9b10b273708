"""Webhooks: JSON by POST, signed, under the message's own key, so that a receiver who gets it twice can tell.

Sentinel-Signature: v1=<hex of HMAC SHA-256 over "<Sentinel-Timestamp>.<body>">
"""

import hmac
import json
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from sentinel.core import clock
from sentinel.post.letters import Failed, Later, Message, Outcome, Sent, Webhook

TIMEOUT = 30
WORTH_A_RETRY = (408, 425, 429)


def send_webhook(message: Message, letter: Webhook) -> Outcome:
    """Post it. Accepted on any 2xx; refused for good on a 4xx; anything else, a redirect too, is tried again."""
    body = json.dumps(letter.body, ensure_ascii=False, default=str).encode()
    try:
        status = _posted(letter, body, _headers(message, letter, body))
    except (OSError, HTTPException, ValueError) as error:
        return Later(f"The receiver could not be reached ({type(error).__name__}).")
    if 200 <= status < 300:
        return Sent()
    if 400 <= status < 500 and status not in WORTH_A_RETRY:
        return Failed(f"The receiver refused it (answer {status}).")
    return Later(f"The receiver answered {status}.")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What the receiver works out too, to know that it came from here and when."""
    return "v1=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hexdigest()


def _headers(message: Message, letter: Webhook, body: bytes) -> dict[str, str]:
    timestamp = str(int(clock.machine_now().timestamp()))
    return {
        "Content-Type": "application/json; charset=utf-8",
        "Idempotency-Key": message.dedupe_key,
        "Sentinel-Timestamp": timestamp,
        "Sentinel-Signature": signature(letter.secret, timestamp, body),
        "User-Agent": "Sentinel",
    }


def _posted(letter: Webhook, body: bytes, headers: dict[str, str]) -> int:
    parts = urlsplit(letter.url)
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = connect(parts.hostname or "", parts.port, timeout=TIMEOUT)
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request("POST", target, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()
