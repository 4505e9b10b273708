"""Putting the house together: settings, database, record, rooms."""

from typing import Any

from flask import Flask, g
from flask_login import LoginManager
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from config.settings import Settings, settings
from sentinel import reactions, rooms
from sentinel.access import guards, sessions, single_sign_on
from sentinel.audit import refused, sealing
from sentinel.core import addresses, headers, health, logging, pages, problems, queue
from sentinel.core.db import db
from sentinel.core.transactions import Application
from sentinel.desk import navigation

LARGEST_REQUEST = 2 * 1024 * 1024
MOST_FIELDS = 1_000


def assemble(database_url: str | None = None, configuration: Settings | None = None) -> Flask:
    """The application. `database_url` is the web role's unless given."""
    chosen = configuration or settings()
    logging.set_up()
    app = Application("sentinel", static_folder="static")
    _configure(app, chosen, database_url or chosen.database_url)
    app.url_map.converters["int"] = addresses.RowConverter
    db.init_app(app)
    app.extensions["celery"] = queue.make_celery(app, chosen.redis_url)
    app.extensions["sentinel.reactions"] = reactions.REACTIONS
    app.extensions["sentinel.closure_checks"] = reactions.CLOSURE_CHECKS
    app.extensions["sentinel.conditions"] = reactions.CONDITIONS
    app.extensions["sentinel.messages"] = reactions.MESSAGES
    app.before_request(guards.refuse_no_host)
    app.before_request(guards.make_room)
    app.before_request(guards.refuse_other_sites)
    app.before_request(guards.refuse_what_is_no_form)
    app.before_request(sessions.load_viewer)
    protection = CSRFProtect(app)
    app.before_request(guards.check)
    _know_the_user(app)
    for part in (pages, problems, health, navigation):
        part.init_app(app)
    for blueprint in rooms.BLUEPRINTS:
        app.register_blueprint(blueprint)
    for blueprint in rooms.TELL_NO_REFERRER:
        protection.exempt(blueprint)
    single_sign_on.init_app(app, chosen)
    headers.init_app(app)
    refused.init_app(app)
    app.extensions["sentinel.measures"] = (sealing.measure,)
    if chosen.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=chosen.proxies, x_proto=chosen.proxies)  # type: ignore[method-assign]
    return app


def _configure(app: Flask, chosen: Settings, database_url: str) -> None:
    secure = chosen.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=chosen.secret_key,
        SQLALCHEMY_DATABASE_URI=database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_pre_ping": True,
            "pool_size": 8,
            "hide_parameters": True,  # what somebody typed is in no words of an exception
        },
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_NAME="__Host-sentinel" if secure else "sentinel",
        SESSION_COOKIE_PATH="/",
        MAX_CONTENT_LENGTH=LARGEST_REQUEST,
        MAX_FORM_MEMORY_SIZE=LARGEST_REQUEST,
        MAX_FORM_PARTS=MOST_FIELDS,
        WTF_CSRF_TIME_LIMIT=None,
        SENTINEL=chosen,
    )


def _know_the_user(app: Flask) -> None:
    manager = LoginManager(app)

    @manager.request_loader
    def load(_: Any) -> Any:
        return g.get("user")

    @manager.user_loader
    def ignore(_: str) -> None:
        return None
