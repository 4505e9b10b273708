"""E-mail over SMTP: `smtp://[user:password@]host[:port][?from=address&starttls=yes]`, or `smtps://`."""

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from urllib.parse import parse_qs, unquote, urlsplit

from sentinel.core import clock
from sentinel.post.letters import Email, Failed, Later, Message, Outcome, Sent, Uncertain

TIMEOUT = 30


def send_email(message: Message, letter: Email, smtp_url: str, base_url: str) -> Outcome:
    """Hand an e-mail to the mail server. Acceptance is its promise to deliver or to report (RFC 5321, 6.1)."""
    sender = _sender(smtp_url, base_url)
    try:
        with _connected(smtp_url) as server:
            return _handed_over(server, sender, letter.to, _written(message, letter, sender))
    except (OSError, smtplib.SMTPException) as error:
        return Later(f"The mail server could not be used ({type(error).__name__}).")


def _handed_over(server: smtplib.SMTP, sender: str, to: str, mail: EmailMessage) -> Outcome:
    server.ehlo_or_helo_if_needed()
    for code, _ in (server.mail(sender), server.rcpt(to)):
        if code >= 400:
            return _refused(code)
    try:
        code, reply = server.data(mail.as_bytes())
    except smtplib.SMTPDataError as error:
        return _refused(error.smtp_code)
    except (OSError, smtplib.SMTPServerDisconnected):
        return Uncertain("The mail server fell silent after it was given the message.")
    return Sent(reply.decode(errors="replace")[:200]) if code < 400 else _refused(code)


def _refused(code: int) -> Outcome:
    if code >= 500:
        return Failed(f"The mail server refused it for good (answer {code}).")
    return Later(f"The mail server would not take it just now (answer {code}).")


def _connected(smtp_url: str) -> smtplib.SMTP:
    parts = urlsplit(smtp_url)
    host, context = parts.hostname or "localhost", ssl.create_default_context()
    if parts.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, parts.port or 25, timeout=TIMEOUT)
    if "starttls" in parse_qs(parts.query):
        server.starttls(context=context)
    if parts.username:
        server.login(unquote(parts.username), unquote(parts.password or ""))
    return server


def _sender(smtp_url: str, base_url: str) -> str:
    return parse_qs(urlsplit(smtp_url).query).get("from", [f"no-reply@{urlsplit(base_url).hostname}"])[0]


def _written(message: Message, letter: Email, sender: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, letter.to, letter.subject
    mail["Date"] = format_datetime(clock.machine_now())
    mail["Message-ID"] = make_msgid(f"outbox-{message.id}", sender.partition("@")[2] or None)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail
