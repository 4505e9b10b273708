"""One commit per request, owned by the wrapper around the view; tasks are told by name, after it, with ids only."""

import structlog
from flask import Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from kombu.exceptions import OperationalError
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from sentinel.core.cookie import SealedCookie
from sentinel.core.db import db
from sentinel.core.requests import Request

log = structlog.get_logger()

_WAITING = "tasks_after_commit"
_LOOKED = "a_look_was_recorded"


class Application(Flask):
    """Flask, with the transaction around the view, words that can be kept, and a cookie that nobody reads."""

    request_class = Request
    session_interface = SealedCookie()

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view, then commit what it changed; a refusal or an error changes nothing."""
        response: Response = self.make_response(super().dispatch_request())
        wrote = request.method not in ("GET", "HEAD", "OPTIONS") and response.status_code < 400
        if wrote or db.session.info.pop(_LOOKED, False):
            db.session.commit()
        else:
            db.session.rollback()
        return response


def look_recorded() -> None:
    """A GET recorded a look: commit it with the page, without waiting for the disk (design: architecture.md)."""
    if request and request.method in ("GET", "HEAD"):
        db.session.info[_LOOKED] = True
        db.session.execute(text("SET LOCAL synchronous_commit = off"))


def keep() -> None:
    """What was written stays, though the answer is a refusal: a wrong try at the door."""
    db.session.info[_LOOKED] = True


def enqueue(task: str, **ids: object) -> None:
    """Ask a worker to do `task` once this transaction has committed; once, however often it is asked for.

    Only ids: the broker holds no personal data.
    """
    asked = (task, {name: str(value) for name, value in ids.items()})
    waiting = db.session.info.setdefault(_WAITING, [])
    if asked not in waiting:
        waiting.append(asked)


@event.listens_for(Session, "after_commit")
def _send(session: Session) -> None:
    if session.in_nested_transaction():
        return
    for task, ids in session.info.pop(_WAITING, []):
        try:
            current_app.extensions["celery"].send_task(task, kwargs=ids, ignore_result=True)
        except (OperationalError, OSError):
            log.warning("broker_unreachable", task=task)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    if not session.in_nested_transaction():
        session.info.pop(_WAITING, None)
        session.info.pop(_LOOKED, None)
