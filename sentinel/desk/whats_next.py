"""What has to be done on a case, from every room, soonest first; each with its one button."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from config import agreed
from sentinel.cases import actions, handover, states
from sentinel.cases.models import Case, CaseClock, Party
from sentinel.core.db import db
from sentinel.core.viewer import current
from sentinel.desk.frame import link_to
from sentinel.interventions.models import Intervention
from sentinel.interventions.queries import power_name
from sentinel.interventions.states import LIVE
from sentinel.referrals.models import Referral
from sentinel.risk.models import Assessment, HighEpisode
from sentinel.supervision.models import SupervisionReview
from sentinel.victims.models import Promise

FULL = ("full", "external")


@dataclass(frozen=True)
class Next:
    """One thing to do: by when, what, the words under it, and its button (none: `instead` says why)."""

    due_at: datetime | None
    what: str
    detail: str = ""
    label: str = ""
    href: str | None = None
    whose: str = ""
    instead: str = ""


def of(case: Case) -> list[Next]:
    """Everything still to be done, what is overdue first; what has no date last."""
    if case.state not in states.LIVE:
        return []
    sources = (_promises, _unsafe, _assessments, _safeguarding, _actions, _reviews, _referrals, _interventions, _offer)
    rows = [row for source in sources for row in source(case)]
    return sorted(rows, key=lambda row: (row.due_at is None, row.due_at or case.opened_at, row.what))


def promise_title(kind: str) -> str:
    """What is promised, as a heading."""
    return agreed.current().contact.rule(kind).title


def _promises(case: Case) -> Iterator[Next]:
    rows = db.session.scalars(
        select(Promise).join(Party).where(Party.case_id == case.id, Promise.state == "open").order_by(Promise.due_at, Promise.id)
    ).all()
    buttons: dict[object, str] = {}
    for promise in rows:
        name = promise.party.person.name
        first = promise.party.person.canonical_id not in buttons
        buttons.setdefault(promise.party.person.canonical_id, name)
        yield Next(
            promise.due_at,
            f"{promise_title(promise.kind)}: {name}",
            f"Told: “{promise.told_as}”",
            label="Log contact" if first else "",
            href=link_to("victims.log_contact", party_id=promise.party_id) if first else None,
            whose=f"with {name}",
            instead="" if first else "The same contact can keep it",
        )


def _unsafe(case: Case) -> Iterator[Next]:
    for party in case.parties:
        if party.role == "victim" and party.detail and party.detail.may_not_know and not party.detail.safe_to_approach_by:
            what = f"Decide whether it is safe to contact {party.person.name}"
            detail = "They may not know they were named. Nothing is promised until then."
            yield Next(None, what, detail, label="Decide", href=link_to("victims.safe_to_contact", party_id=party.id))


def _assessments(case: Case) -> Iterator[Next]:
    new_reports = {report.id: report for report in case.reports}
    for party in case.parties:
        if party.role == "victim" and party.assess_by:
            report = new_reports.get(party.report_id) if party.report_id else None
            yield Next(
                party.assess_by,
                f"Assess the risk in full: {party.person.name}",
                f"After report {report.reference}" if report else "",
                label="Assess risk",
                href=link_to("risk.assess", party_id=party.id),
                whose=f"to {party.person.name}",
            )
    yield from _reassessment(case)
    yield from _lowerings(case)


def _safeguarding(case: Case) -> Iterator[Next]:
    for report in case.reports:
        if report.detail.safeguarding_by and not report.detail.safeguarding_done_at:
            href = link_to("triage.safeguarding", report_id=report.id)
            what = "Make the safeguarding referral: a child or adult may be at risk"
            yield Next(report.detail.safeguarding_by, what, f"Report {report.reference}", label="Record it", href=href)


def _reassessment(case: Case) -> Iterator[Next]:
    clock = db.session.get(CaseClock, case.id)
    if clock and clock.next_review_at and not any(party.assess_by for party in case.parties):
        yield Next(clock.next_review_at, "Assess the risk again", label="Assess risk", href=link_to("risk.case_risk", case_id=case.id))


def _lowerings(case: Case) -> Iterator[Next]:
    for waiting in db.session.scalars(select(Assessment).where(Assessment.case_id == case.id, Assessment.state == "pending")):
        what = f"A supervisor agrees, or not, that {waiting.party.person.name} is at {waiting.judged} risk"
        detail = f"It stands at {waiting.effective} until then"
        mine = waiting.assessor_id == current().user_id
        href = None if mine else link_to("sign_off.answer", kind="lowering", thing_id=waiting.id)
        yield Next(None, what, detail, label="Answer", href=href, instead="" if href else "A supervisor's to do")


def _actions(case: Case) -> Iterator[Next]:
    for action in actions.of(case):
        if not action.done_at:
            href = link_to("actions.case_actions", case_id=case.id)
            yield Next(action.due_at, action.what, f"For {action.owner.name}", label="Mark done", href=f"{href}#action-{action.id}")


def _reviews(case: Case) -> Iterator[Next]:
    for review in db.session.scalars(
        select(SupervisionReview)
        .join(Party, Party.id == SupervisionReview.party_id)
        .join(HighEpisode, HighEpisode.id == SupervisionReview.episode_id)
        .where(Party.case_id == case.id, SupervisionReview.done_at.is_(None), SupervisionReview.ended_at.is_(None))
        .order_by(SupervisionReview.due_at)
    ):
        href = link_to("sign_off.answer", kind="review", thing_id=review.id)
        instead = "" if href else "A supervisor's to do"
        yield Next(review.due_at, "A supervisor looks at the high risk", label="Look", href=href, instead=instead)


def _referrals(case: Case) -> Iterator[Next]:
    waiting = select(Referral).where(Referral.case_id == case.id, Referral.state.in_(("held", "open")))
    for referral in db.session.scalars(waiting.options(joinedload(Referral.agency), joinedload(Referral.person))):
        href = link_to("referrals.case_referrals", case_id=case.id)
        if referral.state == "held":
            what = f"A supervisor decides whether {referral.person.name} is referred to {referral.agency.name}"
            decide = link_to("sign_off.answer", kind="referral", thing_id=referral.id)
            yield Next(
                referral.decide_by,
                what,
                "Consent was refused and the risk is high",
                label="Decide" if decide else "See",
                href=decide or href,
            )
        else:
            yield Next(
                referral.acknowledge_by,
                f"{referral.agency.name} acknowledges the referral of {referral.person.name}",
                instead="Theirs to do",
            )


def _interventions(case: Case) -> Iterator[Next]:
    live = select(Intervention).where(Intervention.case_id == case.id, Intervention.state.in_(LIVE))
    page = link_to("interventions.case_interventions", case_id=case.id)
    for one in db.session.scalars(live):
        name, href = power_name(one.power_key), f"{page}#i-{one.id}" if page else None
        if one.state == "proposed":
            yield Next(None, f"{name}: waiting to be authorised", label="See", href=href, whose=name)
        elif one.state == "authorised":
            yield Next(None, f"{name}: authorised, not started", label="Start", href=href, whose=name)
        elif one.ends_at:
            yield Next(one.ends_at, f"{name} ends", label="See", href=href, whose=name)


def _offer(case: Case) -> Iterator[Next]:
    offer = handover.open_offer(case)
    if offer:
        href = link_to("ownership.hand_over", case_id=case.id)
        yield Next(None, f"{offer.to_team.name} answers the handover", "Until they accept, it is yours", label="See", href=href)
