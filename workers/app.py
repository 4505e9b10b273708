"""The worker's Celery application: the same code, under the worker's database role."""

from typing import Any

from celery import signals

from config.settings import settings
from sentinel import create_app
from sentinel.core.db import db
from workers import schedule

flask_app = create_app(database_url=settings().worker_database_url)
celery = flask_app.extensions["celery"]
celery.conf.beat_schedule = schedule.BEAT
celery.conf.include = schedule.MODULES


@signals.worker_process_init.connect
def _own_connections(**_: Any) -> None:
    """A forked process opens connections of its own; its parent's stay the parent's."""
    with flask_app.app_context():
        db.engine.dispose(close=False)
