"""Sentinel: case management of anti-social behaviour for a local partnership. Start reading at README.md."""

from typing import Any

from flask import Flask, g, request
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect

from config.settings import Settings, settings


def create_app(database_url: str | None = None, configuration: Settings | None = None) -> Flask:
    """The application: settings, database, record, rooms. `database_url` is the web role's unless given."""
    from sentinel import reactions
    from sentinel.access import guards, sessions
    from sentinel.core import addresses, health, logging, pages, problems, queue
    from sentinel.core.db import db
    from sentinel.core.transactions import Application
    from sentinel.desk import navigation

    chosen = configuration or settings()
    logging.set_up()
    app = Application("sentinel", static_folder="static")
    app.config.update(
        SECRET_KEY=chosen.secret_key,
        SQLALCHEMY_DATABASE_URI=database_url or chosen.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True, "pool_size": 8, "connect_args": {"prepare_threshold": None}},
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=chosen.base_url.startswith("https://"),
        SESSION_COOKIE_NAME="sentinel",
        MAX_CONTENT_LENGTH=2 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        SENTINEL=chosen,
    )
    app.url_map.converters["int"] = addresses.RowConverter
    db.init_app(app)
    app.extensions["celery"] = queue.make_celery(app, chosen.redis_url)
    app.extensions["sentinel.reactions"] = reactions.REACTIONS
    app.extensions["sentinel.closure_checks"] = reactions.CLOSURE_CHECKS
    app.extensions["sentinel.conditions"] = reactions.CONDITIONS
    app.extensions["sentinel.messages"] = reactions.MESSAGES
    app.before_request(sessions.load_viewer)
    CSRFProtect(app)
    app.before_request(guards.check)
    _know_the_user(app)
    pages.init_app(app)
    problems.init_app(app)
    health.init_app(app)
    navigation.init_app(app)
    _register_rooms(app)
    return app


def _know_the_user(app: Flask) -> None:
    manager = LoginManager(app)

    @manager.request_loader
    def load(_: Any) -> Any:
        return g.get("user")

    @manager.user_loader
    def ignore(_: str) -> None:
        return None


def _register_rooms(app: Flask) -> None:
    from sentinel import rooms

    for blueprint in rooms.BLUEPRINTS:
        app.register_blueprint(blueprint)

    @app.after_request
    def strict(response: Any) -> Any:
        response.headers.setdefault(
            "Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if request.endpoint not in ("static", "assets"):
            response.headers["Cache-Control"] = "no-store"
        return response
