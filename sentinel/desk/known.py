"""The cards of what is already known, beside what is being typed: why each is shown, what is on record, one button to attach it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from markupsafe import Markup
from sqlalchemy import func, select

from sentinel.cases import known
from sentinel.cases.known import Known
from sentinel.cases.models import Case, Party
from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.pages import counted, reference
from sentinel.core.viewer import Viewer
from sentinel.core.words import day
from sentinel.desk.intake_form import CallForm
from sentinel.people import keys as names
from sentinel.people import queries as people
from sentinel.people.models import Person
from sentinel.places import keys as addresses
from sentinel.places import queries as places
from sentinel.places.models import Place
from sentinel.victims.models import Contact

SHORTEST = 3
MOST = 4
HALF_A_YEAR = timedelta(days=183)
Card = dict[str, Any]


def cards(form: CallForm, viewer: Viewer, *, said_in: str) -> list[Card]:
    """Known people for each part of the call, then known places; what was attached stays, what was put away goes."""
    found = [
        *_people(
            form,
            viewer,
            "person",
            name=form.name.data,
            phone=form.phone.data,
            email=form.email_address.data,
            building=_building(form, said_in),
        ),
        *_people(form, viewer, "victim", name=form.for_name.data, phone=form.for_phone.data),
        *_people(form, viewer, "alleged", name=form.alleged_name.data),
        *_places(form, viewer, said_in),
    ]
    return [card for card in found if card["key"] not in form.put_away.data]


def asked_about(form: CallForm) -> str:
    """What the matches are for, spoken with their number."""
    return ", ".join(
        text for text in (form.name.data, form.phone.data, form.for_name.data, form.alleged_name.data, form.place.data) if text
    )


def earlier_report(form: CallForm, viewer: Viewer) -> bool:
    """Did whoever was attached report anything in the last six months?"""
    ids = [found for kind in ("person", "victim") if (found := form.attached.id_of(kind)) and known.may_attach(viewer, found)]
    return any(one.last and one.last > clock.now() - HALF_A_YEAR for one in known.people(viewer, ids).values())


def _building(form: CallForm, said_in: str) -> str:
    if not form.home.data or len(form.place.data) < SHORTEST:
        return ""
    return addresses.building_key(form.place.data, addresses.postcode_in(form.place.data) or said_in)


def _people(form: CallForm, viewer: Viewer, kind: str, *, name: str, phone: str = "", email: str = "", building: str = "") -> list[Card]:
    if len(names.name_key(name)) < SHORTEST:
        name = ""
    found = people.match_candidates(name=name, phone=phone, email=email, building=building, limit=MOST)
    why = {candidate.person_id: candidate.reason(phone_given=bool(phone)) for candidate in found}
    attached = form.attached.id_of(kind)
    if attached and attached not in why and known.may_attach(viewer, attached):
        why = {attached: "Attached before", **why}
    rows, on_record = people.people(list(why)), known.people(viewer, list(why), alleged=kind == "alleged")
    return [_person(kind, rows[key], on_record[key], reason, attached == key) for key, reason in why.items()]


def _person(kind: str, person: Person, known_of: Known, reason: str, attached: bool) -> Card:
    case = next(iter(known_of.cases), None)
    card = {
        "key": f"{kind}:{person.id}",
        "heading": person.name,
        "sub": f", {person.age_years}" if person.age_years else "",
        "words": _history(kind, person, known_of, case),
        "why": reason,
        "attached": attached,
        "attach": "Attach to this case" if case and kind != "alleged" else "Attach person",
        "not_this": "Not them",
    }
    return card | ({"level": known_of.level} if kind != "alleged" and (known_of.level or case) else {})


def _history(kind: str, person: Person, known_of: Known, case: Case | None) -> str:
    parts = [_reports(known_of)] if known_of.reports else []
    if case:
        role = "Alleged in" if kind == "alleged" else "In"
        parts.append(Markup("{} case {}, {}.").format(role, reference(case.reference), _held_by(case)))
        if spoken := _last_spoken(case.id, person.id) if kind != "alleged" else None:
            parts.append(f"Last spoken to {day(clock.london(spoken).date())}.")
    elif known_of.reports:
        parts.append("No open case.")
    return Markup(" ").join(parts) or "On record; no report that you may see."


def _reports(known_of: Known) -> str:
    assert known_of.first and known_of.last
    if known_of.reports == 1:
        return f"1 report, {clock.london(known_of.last):%B %Y}."
    return f"{known_of.reports} reports in {_span(known_of.first)}."


def _span(since: datetime) -> str:
    days = max((clock.today() - clock.london(since).date()).days, 1)
    if days < 14:
        return counted(days, "day")
    return counted(days // 7, "week") if days < 63 else counted(days // 30, "month")


def _held_by(case: Case) -> str:
    return f"officer {case.officer.name}" if case.officer else f"held by {case.owner.name}"


def _last_spoken(case_id: UUID, person_id: UUID) -> datetime | None:
    return db.session.scalar(
        select(func.max(Contact.occurred_at))
        .join(Party, Party.id == Contact.party_id)
        .join(Person, Person.id == Party.person_id)
        .where(Party.case_id == case_id, Person.canonical_id == person_id, Contact.outcome == "reached")
    )


def _places(form: CallForm, viewer: Viewer, said_in: str) -> list[Card]:
    typed = form.place.data if len(form.place.data) >= SHORTEST else ""
    why = {found.place_id: found.reason for found in places.alike(typed, said_in=said_in, limit=MOST)}
    attached = form.attached.id_of("place")
    if attached and attached not in why and known.may_attach_place(viewer, attached):
        why = {attached: "Attached before", **why}
    rows, on_record = places.places(list(why)), known.places(viewer, list(why))
    shown: dict[str, UUID] = {}
    for key in sorted(why, key=lambda key: key != attached):  # one card for a building: the attached, else the likest
        shown.setdefault(rows[key].building_key, key)
    return [_place(rows[key], on_record[key], why[key], attached == key) for key in shown.values()]


def _place(place: Place, known_of: Known, reason: str, attached: bool) -> Card:
    return {
        "key": f"place:{place.id}",
        "heading": place.address,
        "sub": f", {place.postcode}" if place.postcode and place.postcode != place.address else "",
        "words": _happenings(known_of),
        "why": reason,
        "attached": attached,
        "attach": "Attach place",
        "not_this": "Not this place",
    }


def _happenings(known_of: Known) -> str:
    parts = []
    if known_of.reports and known_of.first:
        homes = f" from {known_of.homes} addresses" if known_of.homes > 1 else ""
        parts.append(f"{counted(known_of.reports, 'report')}{homes} since {day(clock.london(known_of.first).date())}.")
    if known_of.cases:
        case = known_of.cases[0]
        parts.append(Markup("{}, {} ({}).").format(counted(len(known_of.cases), "open case"), _held_by(case), reference(case.reference)))
    return Markup(" ").join(parts) or "On record."
