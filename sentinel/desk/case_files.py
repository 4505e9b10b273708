"""The files of a case: what there is, adding one, taking one away to read, withdrawing one."""

from urllib.parse import quote
from uuid import UUID

from flask import Blueprint, flash, g, render_template, url_for
from flask.typing import ResponseReturnValue

from sentinel.access import guards
from sentinel.access.permissions import Permission, allows
from sentinel.audit.service import record_look
from sentinel.cases.queries import case_for
from sentinel.core.errors import Refused
from sentinel.core.exports import attachment
from sentinel.core.viewer import current
from sentinel.desk.case import opened
from sentinel.desk.sending import send
from sentinel.documents import forms, scanning, service
from sentinel.documents.kinds import LARGEST, MEGABYTE
from sentinel.documents.models import KINDS, Document
from sentinel.documents.queries import bytes_of_case, document_for, of_case

bp = Blueprint("documents", __name__)

# The file itself, and the words of the form around it.
LARGEST_REQUEST = LARGEST + MEGABYTE


@bp.get("/cases/<uuid:case_id>/documents")
@guards.requires(Permission.CASE_READ)
def case_documents(case_id: UUID) -> ResponseReturnValue:
    """The files, the newest first, each with what the scanner said."""
    case = opened(case_id)
    may_add = allows(current(), Permission.CASE_WORK)
    page = {"files": of_case(case.id), "kinds": KINDS, "may_add": may_add, "scanner": scanning.is_set_up()}
    return render_template("documents/case_documents.html", case=case, mb=_mb(bytes_of_case(case.id)), most=_mb(service.MOST), **page)


@bp.route("/cases/<uuid:case_id>/documents/add", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
@guards.takes(LARGEST_REQUEST)
def attach(case_id: UUID) -> ResponseReturnValue:
    """Add a file."""
    case = opened(case_id)
    form = forms.AttachForm()

    def save() -> str:
        sent = form.file.data
        if not sent:
            raise Refused("Choose a file.", field="file")
        words = {"kind": str(form.kind.data), "description": str(form.description.data)}
        body = sent.stream.read(LARGEST + 1)
        kept = service.attach(actor=g.user, case=case, name=sent.filename, claimed=sent.mimetype, body=body, **words)
        flash(*_what_became_of(kept))
        return url_for(".case_documents", case_id=case.id)

    sent = send(form, save)
    page = {"mb": _mb(bytes_of_case(case.id)), "most": _mb(service.MOST), "scanner": scanning.is_set_up()}
    return sent.onwards or (render_template("documents/attach.html", case=case, form=form, **page), sent.status)


@bp.get("/cases/<uuid:case_id>/documents/<uuid:document_id>")
@guards.requires(Permission.CASE_READ)
def download(case_id: UUID, document_id: UUID) -> ResponseReturnValue:
    """The file, to keep and open elsewhere: Sentinel itself never shows one."""
    document = document_for(current(), case_id, document_id)
    body = service.content(document)
    record_look("document", document.id, case_id=case_id, kind="export")
    return attachment(body, document.media_type, f"attachment; filename*=UTF-8''{quote(document.name_shown, safe='')}")


@bp.route("/cases/<uuid:case_id>/documents/<uuid:document_id>/withdraw", methods=["GET", "POST"])
@guards.requires(Permission.CASE_WORK)
def withdraw(case_id: UUID, document_id: UUID) -> ResponseReturnValue:
    """Withdraw a file, with a reason."""
    document = document_for(current(), case_id, document_id)
    case = case_for(current(), case_id)
    form = forms.WithdrawForm()

    def save() -> str:
        service.withdraw(actor=g.user, case=case, document=document, reason=form.reason.data)
        flash("The file is withdrawn.", "success")
        return url_for(".case_documents", case_id=case.id)

    sent = send(form, save)
    return sent.onwards or (render_template("documents/withdraw.html", case=case, form=form, document=document), sent.status)


def _what_became_of(document: Document) -> tuple[str, str]:
    if document.scan_state == "infected":
        return (
            f"The file was not kept: the virus scanner found {document.scan_words} in it. Tell your IT team before you open it again.",
            "error",
        )
    if document.scan_state == "waiting":
        return "The file is kept. The virus scanner did not answer: the file can be opened once it has been scanned.", "success"
    return "File added.", "success"


def _mb(size: int) -> str:
    return f"{size / MEGABYTE:,.1f}".removesuffix(".0") + " MB"
