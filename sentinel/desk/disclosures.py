"""What was disclosed of cases: recorded on the case, read whole by the information officer."""

from uuid import UUID

from flask import Blueprint, flash, g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases import disclosures, forms
from sentinel.cases.models import Disclosure
from sentinel.core.exports import Cell, csv_response
from sentinel.desk.case import opened
from sentinel.desk.sending import send

bp = Blueprint("disclosures", __name__)

HEADER = ("When", "Case", "Owner", "To whom", "What", "Gateway", "Why", "By", "Recorded")


@bp.route("/cases/<uuid:case_id>/disclosures/new", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def record(case_id: UUID) -> ResponseReturnValue:
    """Record what was disclosed of a case."""
    case = opened(case_id)
    form = forms.DisclosureForm()

    def save() -> str:
        assert form.disclosed_at.at
        disclosures.record(
            actor=g.user,
            case=case,
            to_whom=form.to_whom.data,
            what=form.what.data,
            gateway=form.gateway.data or "",
            gateway_words=form.gateway_words.data,
            why=form.why.data,
            disclosed_at=form.disclosed_at.at,
        )
        flash("Recorded. The story says to whom, and under which gateway.", "success")
        return url_for("case.access", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or (render_template("disclosures/record.html", form=form, case=case), sent.status)


@bp.get("/disclosures")
@guards.requires(Permission.DISCLOSURE_READ)
def index() -> ResponseReturnValue:
    """Everything that was disclosed, the newest first; of one owner where one is chosen."""
    chosen = _partner()
    page = disclosures.listed(chosen, request.args.get("from"))
    record_look("disclosure", "list")
    shown = {"page": page, "gateway_of": disclosures.gateway_of, "partners": disclosures.partners(), "chosen": chosen}
    return render_template("disclosures/index.html", **shown)


@bp.get("/disclosures.csv")
@guards.requires(Permission.DISCLOSURE_READ)
def index_csv() -> ResponseReturnValue:
    """The same, to take away."""
    rows = disclosures.all_of(_partner())
    record_look("disclosure", "list", kind="export")
    return csv_response("disclosures", HEADER, [_row(one) for one in rows])


def _row(one: Disclosure) -> list[Cell]:
    what = [one.to_whom, one.what, disclosures.gateway_of(one), one.why]
    return [one.disclosed_at, one.reference, one.partner.name, *what, one.discloser.name, one.recorded_at]


def _partner() -> UUID | None:
    """The owner chosen, if one was; what is none chooses nobody."""
    try:
        return UUID(request.args.get("partner", ""))
    except ValueError:
        return None
