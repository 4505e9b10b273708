"""GOV.UK Notify: text messages, and e-mail where it has a template for that. Its library speaks to it; the sentences are ours.

A message goes under the same reference at every try, and the reference says nothing about anybody. Where a try may have reached
Notify although no answer came back, Notify is asked for that reference before anything is sent again.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient
from requests import ConnectTimeout
from urllib3.exceptions import NewConnectionError

from config.settings import Settings
from sentinel.post.letters import Email, Failed, Later, Message, Outcome, Sent, Text, Uncertain

# To connect, and between two parts of an answer: asking and sending fit into what is left of a lease.
NOTIFY = "https://api.notifications.service.gov.uk"
TIMEOUT = (5, 10)
KEY_LENGTH = 73
NOT_A_KEY = "SENTINEL_NOTIFY_API_KEY is not an API key of GOV.UK Notify: it ends in two UUIDs."
SAID = {
    401: "GOV.UK Notify did not accept our key (answer 401). Tell whoever runs Sentinel.",
    403: "GOV.UK Notify did not accept our key, or this machine’s clock is wrong (answer 403). Tell whoever runs Sentinel.",
    429: "GOV.UK Notify takes no more from us just now (answer 429).",
}
REFUSED = SAID | {400: "GOV.UK Notify refused it (answer 400): the number or address, the template, or an account still on trial."}
FAILED = {
    "permanent-failure": "It did not arrive: there is no such number or address.",
    "temporary-failure": "It did not arrive: the telephone was off, or the mailbox full, for too long.",
    "technical-failure": "It did not arrive: GOV.UK Notify could not hand it on.",
}
DELIVERED = "delivered"

# The library logs what Notify answers, which may repeat a number or an address.
logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL + 1)


class Unanswered(Exception):
    """Notify could not be asked; `sentence` is ours and names nobody."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def send(message: Message, letter: Email | Text, settings: Settings) -> Outcome:
    """Hand it to Notify, unless it may be there already and is. What becomes of it then, `arrivals` asks."""
    if not is_key(settings.notify_api_key):
        return Failed(NOT_A_KEY)
    with _client(settings) as client:
        try:
            known = _known(client, reference(message)) if message.fate else None
        except APIError as error:
            return _not_told(error, message)
        try:
            return Sent(known or _posted(client, message, letter, settings), reports_back=True)
        except APIError as error:
            return _not_taken(error)


def state(number: str, settings: Settings) -> str:
    """What Notify says of a message it took: `delivered`, one of `FAILED`, or that it is still on its way. Raises Unanswered."""
    with _asking(settings) as client:
        return str(_of(client.get_notification_by_id(number), "status"))


def template(key: str, settings: Settings) -> dict[str, Any]:
    """A template as Notify holds it: the harmless question that shows whether key and template are right. Raises Unanswered."""
    with _asking(settings) as client:
        answer = client.get_template(key)
        return {name: _of(answer, name) for name in ("type", "body")}


def reference(message: Message) -> str:
    """The same for every try at this message. The key itself holds the number of a party or a colleague."""
    return sha256(message.dedupe_key.encode()).hexdigest()


def is_key(value: str) -> bool:
    """Does it end in the two UUIDs of a key: who we are, and our secret?"""
    return len(value) >= KEY_LENGTH and value[-KEY_LENGTH:].count("-") == 9


@contextmanager
def _client(settings: Settings) -> Iterator[NotificationsAPIClient]:
    client = NotificationsAPIClient(settings.notify_api_key, settings.notify_url or NOTIFY, timeout=TIMEOUT)
    client.request_session.max_redirects = 0  # a redirect would turn the sending into a question
    with client.request_session:
        yield client


@contextmanager
def _asking(settings: Settings) -> Iterator[NotificationsAPIClient]:
    if not is_key(settings.notify_api_key):
        raise Unanswered(NOT_A_KEY)
    try:
        with _client(settings) as client:
            yield client
    except APIError as error:
        raise Unanswered(_unanswered(error)) from None


def _known(client: NotificationsAPIClient, ours: str) -> str | None:
    """Notify's number for what it holds under our reference and has not given up."""
    held = _of(client.get_all_notifications(reference=ours), "notifications")
    return next((str(_of(one, "id")) for one in held if _of(one, "status") not in FAILED), None)


def _posted(client: NotificationsAPIClient, message: Message, letter: Email | Text, settings: Settings) -> str:
    words = {"subject": letter.subject, "body": letter.body}
    if isinstance(letter, Text):
        answer = client.send_sms_notification(letter.to, settings.notify_text_template, words, reference(message))
    else:
        answer = client.send_email_notification(letter.to, settings.notify_email_template, words, reference(message))
    return str(_of(answer, "id"))


def _of(answer: Any, name: str) -> Any:
    """A part of an answer; one without it is none of Notify's."""
    try:
        return answer[name]
    except (KeyError, TypeError):
        raise APIError from None


def _not_told(error: APIError, message: Message) -> Outcome:
    """Notify did not say whether it has a message already: it is asked again, unless it will never answer."""
    unsure, status = message.fate == "unsure", _status(error)
    if status is None or status == 429 or status >= 500:
        return Later(_unanswered(error), unsure=unsure)
    return Uncertain(_unanswered(error)) if unsure else Failed(_unanswered(error))


def _not_taken(error: APIError) -> Outcome:
    status = _status(error)
    if status is None:
        return Later(_unanswered(error), unsure=not _never_left(error))
    if status == 429:
        return Later(_unanswered(error))
    if 400 <= status < 500:
        return Failed(REFUSED.get(status, f"GOV.UK Notify refused it (answer {status})."))
    return Later(_unanswered(error), unsure=True)


def _unanswered(error: APIError) -> str:
    """Why there was no use in an answer. Never Notify's own words: they may repeat what it was asked."""
    status = _status(error)
    if status is not None:
        return SAID.get(status, f"GOV.UK Notify answered {status}.")
    if error.__cause__ is None:
        return "What answered in place of GOV.UK Notify made no sense."
    return f"GOV.UK Notify could not be reached ({type(error.__cause__).__name__})."


def _status(error: APIError) -> int | None:
    return None if error.response is None else error.response.status_code


def _never_left(error: APIError) -> bool:
    """Was there no connection that the message could have gone by?"""
    cause = error.__cause__
    reason = getattr(next(iter(getattr(cause, "args", ())), None), "reason", None)
    return isinstance(cause, ConnectTimeout) or isinstance(reason, NewConnectionError)
