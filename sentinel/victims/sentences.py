"""Contacts, plans and lateness in the words of the story."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from config.agreed.contact import Contact as Standards
from sentinel.core import worktime
from sentinel.core.clock import london
from sentinel.core.words import moment_within
from sentinel.victims.hours import understood
from sentinel.victims.models import ContactPlan
from sentinel.victims.rules import Kind

CHANNEL = {"phone": "phone", "visit": "visit", "text": "text", "email": "e-mail", "letter": "letter"}
SPOKE = {
    "phone": "Spoke to {who} by telephone",
    "visit": "Visited {who}",
    "text": "Exchanged texts with {who}",
    "email": "Exchanged e-mails with {who}",
    "letter": "Reached {who} by letter",
}
CAME_IN = {
    "phone": "{who} rang",
    "visit": "{who} came to see us",
    "text": "{who} texted",
    "email": "{who} e-mailed",
    "letter": "{who} wrote",
}
TRIED = {
    "phone": "Tried to ring {who}",
    "visit": "Called on {who}, without meeting them",
    "text": "Texted {who}, without an answer",
    "email": "E-mailed {who}, without an answer",
    "letter": "Wrote to {who}, without an answer",
}
SENT = {"text": "Sent {who} a text", "email": "Sent {who} an e-mail", "letter": "Sent {who} a letter"}
AFTERWARDS = {"one_way_sent": "", "delivered": ": delivered", "failed": ": it came back"}

# The column of the plan that says whether a channel is safe; a visit has none.
ASKED = {"phone": "ring", "text": "text", "email": "email", "letter": "post"}
UNSAFE = {
    "phone": "The plan says it is not safe to ring.",
    "text": "The plan says that texts are not safe.",
    "email": "The plan says that e-mail is not safe.",
    "letter": "The plan says that letters are not safe.",
}
UNREAD_TIMES = "Nothing goes to them by itself: only a person can judge these times."
ANOTHER_WAY = "Choose another way, or, if they contacted you, say so. If it has become safe, change the plan first."

LABELS = {
    "phone": "Phone",
    "email_address": "E-mail address",
    "address": "Address",
    "ring": "Ring",
    "voicemail": "Voicemail",
    "text": "Text",
    "email": "E-mail",
    "post": "Post",
    "safe_times": "Safe times",
    "language": "Language",
    "never": "Never",
    "preferred": "Preferred way",
    "accessible_format": "Format they can use",
    "needs": "What helps",
    "wishes": "What they want to happen",
    "every_working_days": "How often",
    "representative_person_id": "Who may speak for them",
    "representative_consent": "How they agreed to that",
}
FORMATS = {
    "large_print": "Large print",
    "easy_read": "Easy words and pictures",
    "audio": "Read out, or recorded",
    "braille": "Braille",
    "sign_language": "British Sign Language",
    "other": "Something else",
}
SAID = {"yes": "safe", "no": "not safe", "not_asked": "not asked"}


def contact_title(who: str, *, channel: str, direction: str, outcome: str) -> str:
    """ "Spoke to Mrs Khan-Abdullahi by telephone"."""
    if outcome == "attempt":
        return TRIED[channel].format(who=who)
    if outcome == "reached":
        return (CAME_IN if direction == "in" else SPOKE)[channel].format(who=who)
    return SENT[channel].format(who=who) + AFTERWARDS[outcome]


def unsafe(plan: ContactPlan | None, channel: str) -> str | None:
    """Why this channel may not be used to reach somebody, or None."""
    column = ASKED.get(channel)
    return UNSAFE[channel] if plan and column and getattr(plan, column) == "no" else None


def unread_times(words: str | None) -> str:
    """What to say after saving safe times that are not understood; "" where they are."""
    return "" if understood(words) else f" {UNREAD_TIMES} Written such as “after 3pm, not Fridays”, messages would wait for them."


@dataclass(frozen=True)
class Beside:
    """What stands beside a plan for whoever is about to reach out: the way they prefer, what helps them, and the present moment."""

    prefers: str
    helps: str
    not_now: str


def beside(plan: ContactPlan, at: datetime) -> Beside:
    """The plan's choices in words, and what to know of this moment."""
    format_ = FORMATS.get(plan.accessible_format or "", "") if plan.accessible_format != "other" else ""
    return Beside(
        prefers=CHANNEL.get(plan.preferred or "", "").capitalize(),
        helps=". ".join(words for words in (format_, plan.needs) if words),
        not_now=_not_now(plan, at),
    )


def _not_now(plan: ContactPlan, at: datetime) -> str:
    times = understood(plan.safe_times)
    if times is None:
        return UNREAD_TIMES
    return "" if times.holds(at) else f"Now is not a safe time: the next is {moment_within(times.next(at), at)}."


def late_by(due: datetime, at: datetime, *, hours: bool = False) -> str:
    """ "1 working day late", "3 hours late"; "" when it was on time."""
    if at <= due:
        return ""
    n = int((at - due).total_seconds() // 3600) if hours else worktime.working_days_between(london(due).date(), london(at).date())
    unit = "hour" if hours else "working day"
    return f"{n} {unit}{'' if n == 1 else 's'} late" if n else f"less than 1 {unit} late"


def in_hours(kind: str, standards: Standards) -> bool:
    """Is this kind promised by the clock, so that lateness is said in hours?"""
    span = standards.rule(kind).within("enhanced")
    return kind == Kind.SAFETY_CALL and bool(span and span.unit == "clock_hours")


def list_of(words: Iterable[str]) -> str:
    """ "a, b and c"."""
    *first, last = list(words) or [""]
    return f"{', '.join(first)} and {last}" if first else last


def tries(attempts: Collection[tuple[datetime, str]]) -> str:
    """ "Tried twice, both by phone"; "" when nobody has tried."""
    if not attempts:
        return ""
    times = {1: "once", 2: "twice"}.get(len(attempts), f"{len(attempts)} times")
    channels = list(dict.fromkeys(CHANNEL[channel] for _, channel in attempts))
    every = {1: "", 2: "both "}.get(len(attempts), "each ") if len(channels) == 1 else ""
    return f"Tried {times}, {every}by {list_of(channels)}"


def said(column: str, value: object, names: Mapping[object, str]) -> str:
    """The value of a plan's column in words; `names` are those of people."""
    if value in (None, ""):
        return "not said"
    if column == "voicemail" or column in ASKED.values():
        return SAID[str(value)]
    if column in ("preferred", "accessible_format"):
        return {**CHANNEL, **FORMATS}[str(value)]
    if column == "every_working_days":
        return f"every {value} working days" if value != 1 else "every working day"
    return names.get(value, str(value))
