"""The record for the information officer: every look at a person, every look by a member of staff, looks to ask about."""

from uuid import UUID

from flask import Blueprint, Response, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from sentinel.access import guards
from sentinel.access.models import User
from sentinel.access.permissions import Permission
from sentinel.audit import sealing
from sentinel.audit.service import record_look
from sentinel.core.db import db
from sentinel.core.exports import csv_response
from sentinel.core.fields import Option
from sentinel.core.viewer import current
from sentinel.core.words import moment
from sentinel.desk.sending import send
from sentinel.oversight import asking, flags
from sentinel.oversight.forms import ByReferenceForm, ByStaffForm, ReviewForm
from sentinel.oversight.models import RecordQuestion

bp = Blueprint("record", __name__)

ABOUT = ("asb_case", "report")
HEADER = ("When", "Who", "Organisation", "What", "Where", "Why")


@bp.route("/record", methods=["GET", "POST"])
@guards.requires(Permission.RECORD_READ)
def index() -> ResponseReturnValue:
    """Ask who looked at the people of a report or case; why is asked first."""
    form = ByReferenceForm()

    def ask() -> str:
        question = asking.ask_of_reference(actor=g.user, reference=form.reference.data, reason=form.reason.data)
        return url_for(".people", question_id=question.id)

    sent = send(form, ask)
    shown = {"form": form, "seal": sealing.latest(), "waiting": sealing.unsealed_for()}
    return sent.onwards or (render_template("record/index.html", **shown), sent.status)


@bp.route("/record/staff", methods=["GET", "POST"])
@guards.requires(Permission.RECORD_READ)
def staff() -> ResponseReturnValue:
    """Ask what a member of staff looked at."""
    form = ByStaffForm()
    people = db.session.scalars(select(User).options(selectinload(User.partner)).order_by(User.name, User.id))
    form.staff.options = [Option(str(user.id), f"{user.name}, {user.partner.name}") for user in people]

    def ask() -> str:
        question = asking.ask_of_staff(actor=g.user, staff_id=UUID(form.staff.data), reason=form.reason.data)
        return url_for(".looks_by", question_id=question.id)

    sent = send(form, ask)
    return sent.onwards or (render_template("record/staff.html", form=form), sent.status)


@bp.get("/record/questions/<uuid:question_id>")
@guards.requires(Permission.RECORD_READ)
def people(question_id: UUID) -> ResponseReturnValue:
    """The people on the report or case: names and roles only."""
    question = asking.question_for(current(), question_id, *ABOUT)
    found = asking.people_of(question)
    _looked(question, [person.id for person in found])
    return render_template("record/people.html", question=question, people=found, reference=asking.reference_of(question))


@bp.get("/record/questions/<uuid:question_id>/people/<uuid:person_id>")
@guards.requires(Permission.RECORD_READ)
def looks_at(question_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Every look at this person: by whom, when, in which case or search, and why."""
    question = asking.question_for(current(), question_id, *ABOUT)
    person = asking.person_of(question, person_id)
    page = asking.looks_at(person.id, request.args.get("from"))
    _looked(question, [person.id])
    return render_template("record/looks_at.html", question=question, looked_at=person, page=page)


@bp.get("/record/questions/<uuid:question_id>/people/<uuid:person_id>.csv")
@guards.requires(Permission.RECORD_READ)
def looks_at_csv(question_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """The same, to take away."""
    question = asking.question_for(current(), question_id, *ABOUT)
    person = asking.person_of(question, person_id)
    lines = asking.all_looks_at(person.id)
    _looked(question, [person.id], kind="export")
    return _csv("looks-at-a-person", lines)


@bp.get("/record/questions/<uuid:question_id>/staff")
@guards.requires(Permission.RECORD_READ)
def looks_by(question_id: UUID) -> ResponseReturnValue:
    """Every look by this member of staff, and what they were refused."""
    question = asking.question_for(current(), question_id, "app_user")
    page = asking.looks_by(question.about_id, request.args.get("from"))
    _looked(question, [])
    return render_template("record/looks_by.html", question=question, staff=db.session.get_one(User, question.about_id), page=page)


@bp.get("/record/questions/<uuid:question_id>/staff.csv")
@guards.requires(Permission.RECORD_READ)
def looks_by_csv(question_id: UUID) -> ResponseReturnValue:
    """The same, to take away."""
    question = asking.question_for(current(), question_id, "app_user")
    lines = asking.all_looks_by(question.about_id)
    _looked(question, [], kind="export")
    return _csv("looks-by-a-member-of-staff", lines)


@bp.get("/record/flags", endpoint="flags")
@guards.requires(Permission.RECORD_READ)
def list_flags() -> ResponseReturnValue:
    """Looks at oneself, one's address or a colleague, that nobody has asked about yet."""
    return render_template("record/flags.html", flags=flags.open_flags())


@bp.route("/record/flags/<uuid:flag_id>", methods=["GET", "POST"])
@guards.requires(Permission.RECORD_READ)
def review(flag_id: UUID) -> ResponseReturnValue:
    """Record what came of asking; that closes the alert."""
    flag = flags.flag_for(flag_id)
    form = ReviewForm()

    def save() -> str:
        flags.review(actor=g.user, flag_id=flag.id, note=form.note.data)
        flash("Reviewed. Its alert closes with the next sweep.", "success")
        return url_for(".flags")

    sent = send(form, save)
    if sent.onwards is None and request.method == "GET":
        record_look("look_flag", flag.id)
    return sent.onwards or (render_template("record/review.html", form=form, flag=flag), sent.status)


def _looked(question: RecordQuestion, people: list[UUID], kind: str = "look") -> None:
    record_look("record_question", question.id, person_ids=people, kind=kind, authority=question.reason)


def _csv(name: str, lines: list[asking.Line]) -> Response:
    return csv_response(name, HEADER, [(moment(one.at), one.who, one.partner, one.what, one.where, one.why) for one in lines])
