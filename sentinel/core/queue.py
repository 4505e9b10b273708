"""Celery: the client that tells workers what to do, and how a task is run."""

from typing import Any

import structlog
from celery import Celery, Task
from flask import Flask

from sentinel.core import viewer
from sentinel.core.db import db
from sentinel.core.logging import where

log = structlog.get_logger()


class TaskFailed(Exception):  # noqa: N818  what Celery writes to its log: the kind of failure, never its words
    """A task did not do its work."""


def make_celery(app: Flask, broker_url: str) -> Celery:
    """A Celery application whose tasks run inside `app`, one transaction each, as `system:<task name>`."""

    class SentinelTask(Task):
        """Commit on success, roll back on failure; the record says which task did it."""

        def __call__(self, *args: Any, **kwargs: Any) -> Any:
            with app.app_context(), viewer.acting_as(viewer.system(self.name)):
                try:
                    result = self.run(*args, **kwargs)
                    db.session.commit()
                    return result
                except Exception as problem:
                    failed = type(problem).__name__
                    log.error("task_failed", task=self.name, kind=failed, where=where(problem))
                finally:
                    db.session.remove()
            raise TaskFailed(failed)  # out here it carries nothing of the failure along, not even as its context

    celery = Celery(app.name, task_cls=SentinelTask, set_as_current=False)
    celery.conf.update(
        broker_url=celery_url(broker_url),
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"visibility_timeout": 3600, "socket_connect_timeout": 2, "socket_timeout": 10},
        timezone="UTC",
        task_time_limit=600,
        task_default_queue="sentinel",
    )
    return celery


def celery_url(url: str) -> str:
    """A redis-py address as Celery spells it: over a unix socket the two differ (dependencies.md, section 2)."""
    if url.startswith("unix://"):
        path, _, query = url.removeprefix("unix://").partition("?")
        return f"redis+socket://{path}" + (f"?{query.replace('db=', 'virtual_host=')}" if query else "")
    return url
