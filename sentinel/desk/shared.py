"""What a landlord sees: the headline of cases shared with them or that their reports led to, and what became of those reports."""

from uuid import UUID

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission
from sentinel.audit.service import record_look
from sentinel.cases import sharing, states
from sentinel.core.viewer import current
from sentinel.desk.decisions import category_name
from sentinel.desk.frame import next_promise

bp = Blueprint("shared", __name__)


@bp.get("/shared")
@guards.requires(Permission.SHARED_READ)
def index() -> ResponseReturnValue:
    """Cases shared with the viewer's organisation, and the reports it made."""
    viewer = current()
    cases = sharing.shared_cases(viewer)
    return render_template(
        "shared/index.html",
        cases=cases,
        why=sharing.reasons(viewer, [one.id for one in cases]),
        reports=sharing.pushed_reports(viewer),
        shown={one.id for one in cases},
        case_words=states.CASE_WORDS,
        report_words=states.REPORT_WORDS,
        category_name=category_name,
    )


@bp.get("/shared/<uuid:case_id>")
@guards.requires(Permission.SHARED_READ)
def case(case_id: UUID) -> ResponseReturnValue:
    """The headline of one case."""
    viewer = current()
    found = sharing.shared_case(viewer, case_id)
    record_look("asb_case", found.id, case_id=found.id, person_ids={party.person_id for party in found.parties})
    return render_template(
        "shared/case.html",
        case=found,
        why=sharing.reasons(viewer, [found.id])[found.id],
        names=sorted({party.person.name for party in found.parties}),
        promise=next_promise(found),
        state=states.CASE_WORDS[found.state],
        categories=", ".join(category_name(key) for key in found.categories),
    )
