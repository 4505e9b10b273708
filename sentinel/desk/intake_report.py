"""From what was typed on the call to a report: who is who, where, and what was said to be safe."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from config import agreed
from sentinel.cases import known
from sentinel.cases.intake import NewParty, NewReport, Reach
from sentinel.core import clock
from sentinel.core.errors import Refused
from sentinel.core.fields import YesNoField
from sentinel.core.viewer import Viewer
from sentinel.desk.intake_form import DANGER, SAVE, CallForm
from sentinel.places import queries as places
from sentinel.places.queries import Located

LONGEST_CALL = timedelta(hours=24)
SPOKEN = ("phone", "visit")


def new_report(form: CallForm, *, viewer: Viewer, reference: str | None) -> NewReport:
    """The report a valid form means. Refuses a postcode nobody knows, unless the caller has gone and cannot be asked."""
    attached_place = form.attached.id_of("place")
    known_place = attached_place if attached_place and known.may_attach_place(viewer, attached_place) else None
    located = None if known_place else _located(form)
    span = form.when.span
    happened = form.ticked("happened")
    return NewReport(
        reference=reference,
        channel=form.channel.data or "phone",
        what_happened=form.what.data,
        parties=parties(form, viewer),
        place=located,
        known_place=known_place,
        landlord_id=UUID(form.landlord.data) if form.landlord.data else None,
        where_exactly=form.spot.data,
        when_words=form.when.data,
        occurred_from=span.start if span else None,
        occurred_to=span.end if span else None,
        category=category_of(form),
        danger_now="yes" if _in_danger(form) else form.danger.data or "not_asked",
        relation=form.relation.data or "not_asked",
        alleged_known=_alleged_known(form),
        weapon="yes" if "weapon" in happened else "no" if happened else "not_asked",
        children="yes" if "children" in form.ticked("vulnerability") else "not_asked",
        others_told=form.others_told.data,
        others_reference=form.others_reference.data,
        at_risk=form.needs_safeguarding,
        safeguarding_done_by=form.safeguarding_by.data,
        domestic_handed_to=form.domestic_to.data,
        domestic_reference=form.domestic_reference.data,
        answers=form.answers(),
        raised_to="high" if _in_danger(form) else form.raised_to.data,
        acknowledge_by=tuple(way for way in form.send.data if way != "none"),
        told_on_the_line=form.ending == SAVE and (form.channel.data or "phone") in SPOKEN,
        suggested_case_id=suggested_case(form, viewer),
    )


def received_at(form: CallForm) -> datetime:
    """When the call started, which is when the report was received; now where that is missing or makes no sense."""
    now = clock.now()
    try:
        started = datetime.fromisoformat(form.started.data)
    except ValueError:
        return now
    sensible = started.tzinfo is not None and now - LONGEST_CALL <= started <= now
    return started.astimezone(clock.UTC) if sensible else now


def category_of(form: CallForm) -> str | None:
    """The kind of behaviour chosen, if it is one of ours; else the one the words suggest."""
    if form.category.data in {one.key for one in agreed.current().categories.category}:
        return str(form.category.data)
    suggested = agreed.current().categories.suggested(form.what.data)
    return suggested.key if suggested else None


def suggested_case(form: CallForm, viewer: Viewer) -> UUID | None:
    """The open case of whoever was attached: the victim's before the caller's."""
    for kind in ("victim", "person"):
        person = attached_person(form, viewer, kind)
        case = known.open_case_of(viewer, person) if person else None
        if case:
            return case.id
    return None


def attached_person(form: CallForm, viewer: Viewer, kind: str) -> UUID | None:
    """The person attached in this part, if the viewer may know of them."""
    person = form.attached.id_of(kind)
    return person if person and known.may_attach(viewer, person) else None


def parties(form: CallForm, viewer: Viewer) -> tuple[NewParty, ...]:
    """The caller, the victim where that is somebody else, and whoever is alleged to do it."""
    found = [_caller(form, viewer)]
    if form.who.data == "other" or (form.who.data == "witness" and (_somebody_named(form) or _in_danger(form))):
        found.append(_victim(form, viewer))
    if form.alleged_name.data or form.alleged_description.data or form.attached.id_of("alleged"):
        found.append(_alleged(form, viewer))
    return tuple(found)


def _located(form: CallForm) -> Located | None:
    if not form.place.data:
        return None
    try:
        return places.resolve(form.place.data)
    except Refused:
        if form.ending == SAVE:
            raise
        return Located(form.place.data)


def _where(form: CallForm) -> str:
    """The address that was typed, or that of the place attached instead."""
    attached = form.attached.id_of("place")
    found = places.places([attached]).get(attached) if attached and not form.place.data else None
    return ", ".join(part for part in (found.address, found.postcode) if part) if found else form.place.data


def _caller(form: CallForm, viewer: Viewer) -> NewParty:
    role = {"other": "reporter", "witness": "witness"}.get(form.who.data or "", "victim")
    affected: dict[str, Any] = _affected(form, "the victim") if role == "victim" else {}
    lives_there = form.home.data
    return NewParty(
        role=role,
        calling=True,
        name="" if form.who.data == "unnamed" else form.name.data,
        known=attached_person(form, viewer, "person"),
        age_years=form.age_years,
        lives_there=lives_there,
        reach=Reach(
            phone=form.phone.data,
            email_address=form.email_address.data,
            address=form.address.data or (_where(form) if lives_there else ""),
            ring=_said(form.ring),
            voicemail=_said(form.voicemail),
            text=_said(form.text),
            email=_said(form.email),
            post=_said(form.post),
            safe_times=form.safe_times.data,
            language=form.language.data,
            never=form.never.data,
        ),
        hidden_from_other_party="other_party" in form.hidden_from.data,
        hidden_from_public="public" in form.hidden_from.data,
        hidden_from_agencies="agencies" in form.hidden_from.data,
        hidden_from_us=form.who.data == "unnamed",
        consent_victim_first=form.consent.data or "not_asked" if role == "victim" else "not_asked",
        **affected,
    )


def _victim(form: CallForm, viewer: Viewer) -> NewParty:
    """Somebody the caller speaks for: not contacted while they may not know that they were named."""
    safe = _said(form.for_safe)
    return NewParty(
        role="victim",
        name=form.for_name.data,
        known=attached_person(form, viewer, "victim"),
        lives_there=form.for_home.data,
        may_not_know=form.for_knows.data != "yes",
        reach=Reach(
            phone=form.for_phone.data,
            address=_where(form) if form.for_home.data else "",
            ring=safe,
            text="no" if safe == "no" else "not_asked",
        ),
        **_affected(form, "the caller"),
    )


def _affected(form: CallForm, perceived_by: str) -> dict[str, Any]:
    strands = tuple(form.ticked("hate"))
    return {
        "hate_strands": strands,
        "hate_perceived_by": perceived_by if strands else "",
        "vulnerabilities": tuple(form.ticked("vulnerability")),
        "vulnerability": form.vulnerability.data,
    }


def _alleged(form: CallForm, viewer: Viewer) -> NewParty:
    labels = {option.value: option.label for option in form.relation.options}
    return NewParty(
        role="alleged",
        name=form.alleged_name.data,
        known=attached_person(form, viewer, "alleged"),
        description=form.alleged_description.data,
        relation=labels.get(form.relation.data or "", ""),
    )


def _alleged_known(form: CallForm) -> str:
    if form.alleged_name.data or form.attached.id_of("alleged"):
        return "yes"
    return "no" if form.relation.data or form.alleged_description.data else "not_asked"


def _in_danger(form: CallForm) -> bool:
    """Then somebody is a victim at high risk, whether or not anybody knows who: their supervisor is told by that."""
    return form.danger.data == "yes" or form.ending == DANGER


def _somebody_named(form: CallForm) -> bool:
    return bool(form.for_name.data or form.for_phone.data or form.attached.id_of("victim"))


def _said(field: YesNoField) -> str:
    return field.data or "not_asked"
