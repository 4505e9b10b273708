"""Every failure becomes a page with a sentence that says what to do. No exception reaches a person."""

import structlog
from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException, UnsupportedMediaType

from sentinel.core.db import db
from sentinel.core.errors import SentinelError
from sentinel.core.logging import where

log = structlog.get_logger()

PAGES = (400, 403, 404, 405, 409, 413, 422, 500, 503)

CSRF = "This page has been open too long to be saved safely. Go back, reload it and send it again: what you typed is kept."
STALE = "Somebody else changed this while you were working on it. Go back, reload the page, and make your change again."
DUPLICATE = "This was already saved. Go back and reload the page to see it."
NO_FORM = "Sentinel takes what its own pages send, and this was sent in another way. Go back, reload the page and send it again."
NO_PAGE = "Sentinel failed, and could not make a page that says so. Go back, wait a minute and try again."
DATABASE = "The database does not answer. What you typed is on the page before this one: go back, wait a minute and save again."


def init_app(app: Flask) -> None:
    """Answer every kind of failure."""
    app.register_error_handler(CSRFError, lambda _: page(400, CSRF))
    app.register_error_handler(SentinelError, _ours)
    app.register_error_handler(StaleDataError, lambda _: page(409, STALE))
    app.register_error_handler(IntegrityError, _constraint)
    app.register_error_handler(OperationalError, _database)
    app.register_error_handler(UnsupportedMediaType, lambda _: page(415, NO_FORM))
    app.register_error_handler(HTTPException, lambda problem: page(problem.code or 500))
    app.register_error_handler(Exception, _unexpected)


def page(status: int, sentence: str | None = None, **more: object) -> ResponseReturnValue:
    """The page for a failure; whatever the request had begun is undone."""
    db.session.rollback()
    shown = {405: 404, 422: 400}.get(status, status) if status in PAGES else 500 if status >= 500 else 400
    try:
        return render_template(f"errors/{shown}.html", sentence=sentence, **more), status
    except Exception as problem:
        log.error("no_page_for_a_failure", kind=type(problem).__name__, where=where(problem))
        return Response(sentence or NO_PAGE, max(status, 500), mimetype="text/plain")


def _ours(problem: SentinelError) -> ResponseReturnValue:
    return page(problem.status, problem.sentence, yours=getattr(problem, "yours", None), theirs=getattr(problem, "theirs", None))


def _constraint(problem: IntegrityError) -> ResponseReturnValue:
    name = getattr(getattr(problem.orig, "diag", None), "constraint_name", None)
    log.warning("constraint", constraint=name)
    return page(409, DUPLICATE)


def _database(problem: OperationalError) -> ResponseReturnValue:
    log.error("database_unreachable", kind=type(problem.orig).__name__)
    return page(503, DATABASE)


def _unexpected(problem: Exception) -> ResponseReturnValue:
    log.error("unexpected", kind=type(problem).__name__, where=where(problem))
    return page(500)
