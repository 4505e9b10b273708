"""Signing in through the organisation's own provider (OpenID Connect: authorization code with PKCE, state and nonce).

Only an account that is here already comes in, by its e-mail address, and only if the provider has verified that. Whether the
provider's second factor stands for ours is a setting; by default ours is asked for still.
"""

from typing import Any

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import OAuth
from flask import Flask, abort, current_app, flash, redirect, session, url_for
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

from config.settings import Settings
from sentinel.access import credentials, guards, service
from sentinel.access.blueprint import bp
from sentinel.access.coming_in import go_on, safe_next
from sentinel.audit.service import record_access
from sentinel.core import clock
from sentinel.core.transactions import keep

NOT_CONFIRMED = "Your organisation's sign-in did not confirm who you are. Begin again; if it goes on, ask your local administrator."
NOT_REACHED = "Your organisation's sign-in does not answer. Wait a minute and try again, or sign in with your password."
UNKNOWN = "Your organisation knows you, but you have no account in Sentinel. Ask your local administrator."
NEXT = "sso_next"
TIMEOUT = 10

log = structlog.get_logger()


def init_app(app: Flask, chosen: Settings) -> None:
    """Get to know the provider, where the installation names one. Nothing is asked of it before somebody signs in."""
    app.jinja_env.globals["single_sign_on"] = (chosen.oidc_name or "your organisation") if chosen.oidc_issuer else ""
    oauth = OAuth(app)
    app.extensions["sentinel.single_sign_on"] = oauth
    if chosen.oidc_issuer:
        oauth.register(
            "provider",
            client_id=chosen.oidc_client_id,
            client_secret=chosen.oidc_client_secret,
            server_metadata_url=f"{chosen.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "timeout": TIMEOUT},
        )


@bp.get("/sign-in/elsewhere")
@guards.public
def elsewhere() -> ResponseReturnValue:
    """Go to the provider: by a link, for our own rules stop a form that leads to another host. Nothing here without one."""
    provider, going_to = _provider(), safe_next()
    session.clear()
    session[NEXT] = going_to
    try:
        answer: ResponseReturnValue = provider.authorize_redirect(_return_address())
    except (AuthlibBaseError, JoseError, requests.RequestException, ValueError, KeyError, RuntimeError) as problem:
        return _refused(NOT_REACHED, problem)
    return answer


@bp.get("/sign-in/returned")
@guards.public
def returned() -> ResponseReturnValue:
    """Back from the provider: in, to the second step, or to the sign-in page with a sentence."""
    provider, going_to = _provider(), session.get(NEXT, "/")
    try:
        claims = _claims(provider)
    except requests.RequestException as problem:
        return _refused(NOT_REACHED, problem)
    except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError, RuntimeError) as problem:
        return _refused(NOT_CONFIRMED, problem)
    user = credentials.by_email(str(claims.get("email", ""))) if claims.get("email_verified") is True else None
    if user is None:
        return _refused(UNKNOWN)
    if barred := service.why_not(user, clock.today()):
        record_access("sign_in_refused", user.id)
        return _refused(barred)
    keep()
    return go_on(user, to=going_to, proved_twice=_settings().oidc_second_factor)


def _claims(provider: Any) -> dict[str, Any]:
    """What the provider says of whoever came back, once its signature, issuer, audience, nonce and time are right."""
    token = provider.authorize_access_token()
    claims = dict(token["userinfo"])
    if str(claims.get("iss", "")).rstrip("/") != _settings().oidc_issuer.rstrip("/"):
        raise ValueError("another issuer")
    return claims


def _refused(sentence: str, problem: Exception | None = None) -> ResponseReturnValue:
    log.warning("single_sign_on_refused", kind=type(problem).__name__ if problem else "no_entry")
    session.clear()
    flash(sentence)
    keep()
    return redirect(url_for("access.sign_in"))


def _provider() -> Any:
    if not _settings().oidc_issuer:
        abort(404)
    return current_app.extensions["sentinel.single_sign_on"].provider


def _return_address() -> str:
    return _settings().base_url.rstrip("/") + url_for("access.returned")


def _settings() -> Settings:
    chosen: Settings = current_app.config["SENTINEL"]
    return chosen
