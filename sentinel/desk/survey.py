"""The survey as whoever was sent its link meets it: no name, no reference, nothing of what it was about, and no account."""

from uuid import UUID

from flask import Blueprint, Response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from config import agreed
from sentinel.access import guards, throttle
from sentinel.core.transactions import keep
from sentinel.surveys import service
from sentinel.surveys.forms import SurveyForm, form_of

bp = Blueprint("survey", __name__, url_prefix="/survey")

LINK = "survey link"  # what wrong tries are counted at: guessing is slowed by where it comes from


@bp.after_request
def tell_nobody(response: Response) -> Response:
    """The address is the key: it goes to no other site as where somebody came from, and into no index."""
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


@bp.get("/thank-you")
@guards.public
def thanks() -> ResponseReturnValue:
    """It was kept."""
    return render_template("survey/thanks.html", words=agreed.current().survey)


@bp.route("/<token>", methods=["GET", "POST"])
@guards.public
def page(token: str) -> ResponseReturnValue:
    """The questions; once. What is wrong with a link that does not work is not told apart, and looking uses nothing up."""
    throttle.hold(LINK)
    if until := throttle.waits_until(LINK):
        return render_template("survey/gone.html", words=agreed.current().survey, wait=throttle.sentence(until)), 429
    form = form_of(agreed.current().survey)()
    if form.validate_on_submit():
        return redirect(url_for(".thanks")) if _kept(token, form) else _gone()
    if not service.is_open(token):
        return _gone()
    return render_template("survey/page.html", form=form, words=agreed.current().survey), 422 if form.errors or form.form_errors else 200


def _kept(token: str, form: SurveyForm) -> bool:
    sent_as: UUID = form.submission_id.data
    return service.answer(token=token, sent_as=sent_as, answers=form.answers(), expected=form["expected"].data, shown=form["shown"].data)


def _gone() -> ResponseReturnValue:
    throttle.wrong(LINK)
    keep()
    return render_template("survey/gone.html", words=agreed.current().survey, wait=""), 404
