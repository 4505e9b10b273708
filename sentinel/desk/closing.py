"""Closing a case: what is still missing and where to mend it, the proposal, the signature, and opening it again."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.access import guards
from sentinel.access import queries as people_of
from sentinel.access.models import User
from sentinel.access.permissions import Permission, allows
from sentinel.cases import closure, forms, signing
from sentinel.cases.closure import Missing
from sentinel.cases.models import Case, Party
from sentinel.core import clock, words
from sentinel.core.db import db
from sentinel.core.forms import EditForm
from sentinel.core.viewer import current
from sentinel.desk import to_sign
from sentinel.desk.case import opened, own
from sentinel.desk.contact import contact_words
from sentinel.desk.frame import link_to
from sentinel.desk.sending import Sent, send
from sentinel.interventions import queries as powers
from sentinel.interventions import states as intervention_states
from sentinel.people.models import Person
from sentinel.referrals.models import Referral
from sentinel.risk.models import Assessment, HighEpisode
from sentinel.supervision.forms import AskForm
from sentinel.surveys import queries as surveys
from sentinel.victims import closing as telling
from sentinel.victims.models import Promise
from sentinel.victims.rules import Kind

bp = Blueprint("closing", __name__)

SIGNED_AFTER_HIGH = timedelta(days=60)
FINAL_WITHIN = timedelta(days=7)
UNANSWERED = ("held", "open", "acknowledged")


@bp.get("/cases/<uuid:case_id>/closing")
@guards.requires(Permission.CASE_READ)
def case_closing(case_id: UUID) -> ResponseReturnValue:
    """Where closing stands: propose it, sign it, close it, take it back, or open the case again."""
    case = opened(case_id)
    return _page(case, None, Sent())


@bp.post("/cases/<uuid:case_id>/closing/propose")
@guards.requires(Permission.CASE_WORK)
def propose(case_id: UUID) -> ResponseReturnValue:
    """Propose closing, with how it ended and who tells the victims."""
    case = opened(case_id)
    form = _propose_form(case)

    def save() -> None:
        teller = db.session.get_one(User, forms.key(form.teller))
        closure.propose_closing(**_asked(case, form), outcome=form.outcome.data or "", teller=teller, note=form.note.data)

    return _do(case, form, save, "Closing is proposed. The victims are told next; the case stays open until it is closed.")


@bp.post("/cases/<uuid:case_id>/closing/teller")
@guards.requires(Permission.CASE_WORK)
def name_teller(case_id: UUID) -> ResponseReturnValue:
    """Name somebody else to tell the victims."""
    case = opened(case_id)
    form = _teller_form(case)

    def save() -> None:
        teller = db.session.get_one(User, forms.key(form.teller))
        closure.name_teller(**_asked(case, form), teller=teller)

    return _do(case, form, save, "Somebody else tells the victims now, and is alerted. No date has moved.")


@bp.post("/cases/<uuid:case_id>/closing/keep-open")
@guards.requires(Permission.CASE_WORK)
def keep_open(case_id: UUID) -> ResponseReturnValue:
    """Take the proposal back."""
    case = opened(case_id)
    form = forms.KeepOpenForm(version=case.version)
    return _do(case, form, lambda: closure.keep_open(**_asked(case, form), reason=form.reason.data), "It stays open.")


@bp.post("/cases/<uuid:case_id>/closing/sign")
@guards.requires(Permission.CASE_SIGN)
def sign(case_id: UUID) -> ResponseReturnValue:
    """A supervisor signs the closing."""
    case = opened(case_id)
    form = forms.SignForm(version=case.version)
    return _do(case, form, lambda: closure.sign_closing(**_asked(case, form), note=form.note.data), "Signed.")


@bp.post("/cases/<uuid:case_id>/closing/close")
@guards.requires(Permission.CASE_WORK)
def close(case_id: UUID) -> ResponseReturnValue:
    """Close the case, once nothing is missing."""
    case = opened(case_id)
    form = forms.CloseForm(version=case.version)
    return _do(case, form, lambda: closure.close_case(**_asked(case, form)), "The case is closed.")


@bp.post("/cases/<uuid:case_id>/closing/reopen")
@guards.requires(Permission.CASE_WORK)
def reopen(case_id: UUID) -> ResponseReturnValue:
    """Open a closed case again."""
    case = opened(case_id)
    form = forms.ReopenForm(version=case.version)
    return _do(case, form, lambda: closure.reopen(**_asked(case, form), reason=form.reason.data), "It is open again.")


# --- What closing needs of the other rooms (CLOSURE_CHECKS in sentinel/reactions.py) --------------------------------


def victims_told(case: Case) -> Iterator[Missing]:
    """Each victim we may contact was told that the case may close, and asked what they think; or a supervisor signed without.

    Who was promised to hear of it and can no longer be contacted, or was only spoken for, is still owed it.
    """
    for one in telling.standing(case) if case.state == "closure_proposed" else ():
        if not one.is_answered:
            name = one.party.person.name
            told = f"Ask {name} what they think of closing" if one.told else f"Tell {name} that the case may close, and ask what they think"
            without = ". There was no answer: a supervisor may sign without" if one.may_go_without else ""
            yield Missing(f"{told}{without}.", "victims.log_contact", {"party_id": one.party.id})
        elif one.promised:
            was = f"{one.party.person.name} was promised to hear that the case may close"
            yield Missing(f"{was}: tell them, or ask a supervisor to excuse it.", "victims.case_care")


def promises_answered(case: Case) -> Iterator[Missing]:
    """Every other promise but that to keep in touch is kept, excused or waived."""
    rows = db.session.scalars(
        select(Promise)
        .join(Party)
        .where(Party.case_id == case.id, Promise.state == "open", Promise.kind.not_in((Kind.CADENCE, Kind.CLOSURE)))
        .order_by(Promise.due_at)
        .options(joinedload(Promise.party).joinedload(Party.person))
    )
    titles = {rule.kind: rule.title for rule in agreed.current().contact.promise}
    kept = (f"Keep the promise to {promise.party.person.name}: {titles.get(promise.kind, promise.kind)}." for promise in rows)
    for sentence in dict.fromkeys(kept):
        yield Missing(sentence, "victims.case_care")


def finally_assessed(case: Case) -> Iterator[Missing]:
    """Each victim has a full assessment in force from the week before closing was proposed, or since."""
    proposed = closure.detail_of(case).proposed_at or clock.now()
    made = dict(
        db.session.execute(
            select(Person.canonical_id, func.max(Assessment.assessed_at))
            .join(Party, Party.person_id == Person.id)
            .join(Assessment, Assessment.party_id == Party.id)
            .where(Party.case_id == case.id, Assessment.kind == "full", Assessment.state.in_(("in_force", "agreed")))
            .group_by(Person.canonical_id)
        ).all()
    )
    for party in {one.person.canonical_id: one for one in case.parties if one.role == "victim"}.values():
        last = made.get(party.person.canonical_id)
        if last is None or last < proposed - FINAL_WITHIN:
            was = f"the last full assessment was on {words.day(clock.london(last).date())}" if last else "there is no full assessment"
            yield Missing(f"Assess the risk to {party.person.name} one last time: {was}.", "risk.case_risk")


def interventions_ended(case: Case) -> Iterator[Missing]:
    """Nothing waits to be authorised or carried out, and what is in force was ended, or somebody looks after it until a day."""
    for one in powers.of_case(case):
        name = powers.power_name(one.power_key)
        if one.state in ("proposed", "authorised"):
            sentence = f"{name} is {intervention_states.WORDS[one.state]}: carry it out, or take it back."
            yield Missing(sentence, "interventions.case_interventions", {"case_id": case.id, "_anchor": f"i-{one.id}"})
        elif one.state in ("in_force", "breached") and one.looked_after_by is None:
            sentence = f"{name} is {intervention_states.WORDS[one.state]}: end it, or say who looks after it and until when."
            step = "hand-on" if case.state == "closure_proposed" else "end"
            keys = {"case_id": case.id, "intervention_id": one.id, "step": step, "_anchor": f"i-{one.id}"}
            yield Missing(sentence, "interventions.move", keys)


def referrals_answered(case: Case) -> Iterator[Missing]:
    """Every referral was accepted, declined or withdrawn."""
    rows = db.session.scalars(
        select(Referral).where(Referral.case_id == case.id, Referral.state.in_(UNANSWERED)).options(joinedload(Referral.agency))
    )
    for referral in rows:
        yield Missing(f"{referral.agency.name} has not answered the referral yet.", "referrals.case_referrals")


def signed(case: Case) -> Iterator[Missing]:
    """A supervisor signed where one has to."""
    why = why_signed(case)
    if why and not closure.detail_of(case).signed_by:
        yield Missing(f"A supervisor signs, because {' and '.join(why)}.", "closing.case_closing")


def why_signed(case: Case) -> list[str]:
    """Why a supervisor has to sign this closing; nothing when nobody has to."""
    since = clock.now() - SIGNED_AFTER_HIGH
    episodes = select(HighEpisode.id).join(Party, Party.id == HighEpisode.party_id).where(Party.case_id == case.id)
    high = db.session.scalar(episodes.where(or_(HighEpisode.ended_at.is_(None), HighEpisode.ended_at >= since)).limit(1))
    reasons = {
        "the risk was high in the last 60 days": high is not None,
        "a victim does not agree": any(one.view and one.view.view == "disagrees" for one in telling.standing(case)),
        "a child is involved": closure.child_involved(case),
    }
    return [reason for reason, holds in reasons.items() if holds]


def _propose_form(case: Case, *, fresh: bool = False) -> forms.ProposeForm:
    form = forms.ProposeForm(formdata=None, version=case.version) if fresh else forms.ProposeForm(version=case.version)
    tellers = closure.tellers(case)
    form.outcome.options = forms.choices(agreed.current().outcomes.closure)
    form.teller.options = forms.people(tellers)
    if not form.teller.data:
        officer = case.officer_id or g.user.id
        form.teller.data = str(officer) if officer in {one.id for one in tellers} else None
    return form


def _teller_form(case: Case, *, fresh: bool = False) -> forms.TellerForm:
    detail = closure.detail_of(case)
    about = {"version": closure.teller_version(detail)}
    form = forms.TellerForm(formdata=None, **about) if fresh else forms.TellerForm(**about)
    form.teller.options = forms.people([one for one in closure.tellers(case) if one.id != detail.teller_id])
    return form


def mended_at(case: Case, one: Missing) -> str | None:
    """Where what is missing is mended; whoever logs a contact comes back here."""
    keys = dict(one.keys or {"case_id": case.id})
    if "party_id" in keys:
        keys["next"] = url_for(".case_closing", case_id=case.id)
    return link_to(one.endpoint, **keys)


def _asked(case: Case, form: EditForm) -> dict[str, Any]:
    return {"actor": g.user, "case": case, "version": form.version.data}


def _do(case: Case, form: EditForm, verb: Callable[[], object], said: str) -> ResponseReturnValue:
    def save() -> str:
        verb()
        flash(said, "success")
        return url_for(".case_closing", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or _page(case, form, sent)


def _page(case: Case, sent_form: EditForm | None, sent: Sent) -> ResponseReturnValue:
    """Every form that may be used now; the one that was sent as it was typed."""
    fresh: dict[str, EditForm] = {"propose": _propose_form(case, fresh=True), "teller": _teller_form(case, fresh=True)}
    others = {"keep_open": forms.KeepOpenForm, "sign": forms.SignForm, "close": forms.CloseForm, "reopen": forms.ReopenForm}
    for name, kind in others.items():
        fresh[name] = kind(formdata=None, version=case.version)
    if sent_form:
        fresh = {name: sent_form if type(one) is type(sent_form) else one for name, one in fresh.items()}
    detail = closure.detail_of(case)
    page = render_template(
        "cases/closing.html",
        case=case,
        forms=fresh,
        form=sent_form,
        conflict=sent.conflict,
        missing=closure.missing(case) if case.state != "closed" else [],
        why=why_signed(case),
        detail=detail,
        own=own(case),
        mended_at=lambda one: mended_at(case, one),
        victims=telling.standing(case) if detail.proposed_at else [],
        view_words=telling.view_words,
        contact_words=contact_words,
        going_on=[one for one in powers.of_case(case) if one.looked_after_by and one.state in ("in_force", "breached")],
        power_name=powers.power_name,
        surveys=surveys.offers_of(case.id) if case.state == "closed" else [],
        survey_words=surveys.in_words,
        reopens_within=agreed.current().outcomes.reopen_within_months,
        teller=people_of.with_roles(detail.teller_id) if detail.teller_id else None,
        may_sign=allows(current(), Permission.CASE_SIGN) and (own(case) or signing.stands_in(g.user, case)),
        has_it=signing.who_can(case) if case.officer_id == g.user.id else "",
        proposed_by_me=detail.proposed_by == g.user.id,
        unsigned=to_sign.unsigned_on(case),
        ask_form=AskForm(formdata=None),
        may_ask=own(case),
        outcome=closure.outcome_words(detail.outcome),
        proposer=people_of.with_roles(detail.proposed_by) if detail.proposed_by else None,
        signer=people_of.with_roles(detail.signed_by) if detail.signed_by else None,
    )
    return page, sent.status
