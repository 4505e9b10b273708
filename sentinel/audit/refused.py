"""Somebody signed in asked for a case, a report or a person on one and was refused: that is recorded too.

Only which page and which key: no words, and nothing that would not stand in the address.
"""

import structlog
from flask import Flask, Response, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from sentinel.core.db import db
from sentinel.core.viewer import current

REFUSALS = (403, 404)
KEYS = ("case_id", "report_id", "party_id")

_REFUSED = text("SELECT audit_refused(:endpoint, :row_id)")

log = structlog.get_logger()


def init_app(app: Flask) -> None:
    """Record refusals after they were answered."""
    app.after_request(record)


def record(response: Response) -> Response:
    """In a short transaction of its own: what the request had begun is undone by now."""
    named = next((str(value) for key, value in (request.view_args or {}).items() if key in KEYS), None)
    if named and response.status_code in REFUSALS and current().user_id and request.endpoint:
        try:
            db.session.rollback()
            db.session.execute(text("SET LOCAL synchronous_commit = off"))
            db.session.execute(_REFUSED, {"endpoint": request.endpoint[:40], "row_id": named[:200]})
            db.session.commit()
        except SQLAlchemyError as error:
            db.session.rollback()
            log.error("refusal_not_recorded", endpoint=request.endpoint, kind=type(error).__name__)
    return response
