"""How whoever rings can reach a victim without putting them at risk. Not asked is not the same as safe."""

from dataclasses import dataclass
from datetime import datetime

from sentinel.core.words import moment_within
from sentinel.victims import hours
from sentinel.victims.models import ContactPlan

SAY_FIRST = "“Is it a good time to talk?” Give your own name and nothing else until you know who has answered."
WAYS = {"ring": "ring", "voicemail": "leave a voicemail", "text": "text", "email": "e-mail", "post": "post anything"}
NOBODY_ASKED = "Nobody has asked whether ringing is safe. Speak to whoever holds the case first."


@dataclass(frozen=True)
class Reach:
    """What the card "To ring safely" says. `number` is given only where ringing is said to be safe."""

    number: str | None
    instead: str
    when: str
    message: str
    language: str
    never: str
    also: str = ""
    say_first: str = SAY_FIRST


def reach(plan: ContactPlan | None) -> Reach:
    """The plan in the words of somebody about to ring."""
    if plan is None:
        return Reach(None, "No number, and no other way to reach them, is on record.", "Not asked", "Not asked", "Not asked", "")
    may_ring = bool(plan.phone and plan.ring == "yes")
    return Reach(
        number=plan.phone if may_ring else None,
        instead="" if may_ring else _instead(plan),
        when=plan.safe_times or "Not asked",
        message=_message(plan),
        language=f"{plan.language}: an interpreter is needed" if plan.language else "No interpreter asked for",
        never=_never(plan),
        also=plan.never or "",
    )


def times_left(plan: ContactPlan | None, now: datetime, due: datetime | None) -> str:
    """Which times that they said are safe there are before the first contact is due; "" where they said none, or a person must judge."""
    times = hours.understood(plan.safe_times) if plan and plan.safe_times else None
    if times is None:
        return ""
    if times.holds(now):
        return "Now is a safe time."
    if due is None or due <= now:
        return f"Now is not a safe time: the next is {moment_within(times.next(now), now)}."
    begun = times.openings(now, due)
    if not begun:
        return f"No safe time before the first contact is due: the next is {moment_within(times.next(now), now)}."
    many = "One safe time before then" if len(begun) == 1 else f"{len(begun)} safe times before then, the first"
    return f"{many}: {moment_within(begun[0], now)}."


def _instead(plan: ContactPlan) -> str:
    others = []
    if plan.phone and plan.text == "yes":
        others.append(f"text {plan.phone}")
    if plan.email_address and plan.email == "yes":
        others.append(f"e-mail {plan.email_address}")
    if plan.address and plan.post == "yes":
        others.append(f"write to {plan.address}")
    if others:
        why = "Ringing is not safe" if plan.ring == "no" else "No number" if not plan.phone else "Nobody has asked whether ringing is safe"
        return f"{why}: {' or '.join(others)}."
    if plan.phone and plan.ring == "not_asked":
        return f"{plan.phone}. {NOBODY_ASKED}"
    return "Ringing is not safe, and no other way is agreed." if plan.ring == "no" else "No number on record."


def _message(plan: ContactPlan) -> str:
    said = {"yes": "is safe", "no": "is not safe", "not_asked": "was not asked about"}
    return f"A text {said[plan.text]}. Voicemail {said[plan.voicemail]}."


def _never(plan: ContactPlan) -> str:
    """What stands after "Do not"."""
    refused = [words for way, words in WAYS.items() if getattr(plan, way) == "no"]
    return " or ".join(part for part in (", ".join(refused[:-1]), *refused[-1:]) if part)
