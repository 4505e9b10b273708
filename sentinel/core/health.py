"""Is it alive, can it work, how much has it done."""

import redis
from flask import Flask, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from sentinel.core import migrate
from sentinel.core.db import db

LOCAL = ("127.0.0.1", "::1", None)


def init_app(app: Flask) -> None:
    """Add /healthz, /readyz and /metrics."""
    for path, view in (("/healthz", healthz), ("/readyz", readyz), ("/metrics", metrics)):
        view.access = "public"  # type: ignore[attr-defined]
        app.add_url_rule(path, view.__name__, view)


def healthz() -> ResponseReturnValue:
    """The process answers."""
    return jsonify(ok=True)


def readyz() -> ResponseReturnValue:
    """Database, migrations and broker answer; 503 with what does not."""
    problems = [sentence for sentence in (_database(), _broker()) if sentence]
    return jsonify(ready=not problems, problems=problems), 503 if problems else 200


def metrics() -> ResponseReturnValue:
    """Prometheus metrics: on this machine, or with the token. What is only known by asking is measured now."""
    token = current_app.config["SENTINEL"].metrics_token
    if request.remote_addr not in LOCAL and not (token and request.headers.get("Authorization") == f"Bearer {token}"):
        abort(404)
    for measure in current_app.extensions["sentinel.measures"]:
        measure()
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _database() -> str | None:
    try:
        with db.engine.connect() as connection:
            if migrate.current(connection) != migrate.head():
                return "The database is not at this version's schema: run sentinel migrate."
    except SQLAlchemyError:
        return "The database does not answer."
    return None


def _broker() -> str | None:
    try:
        redis.Redis.from_url(current_app.config["SENTINEL"].redis_url, socket_timeout=2, socket_connect_timeout=2).ping()
    except (redis.RedisError, OSError, ValueError):
        return "The broker does not answer."
    return None
