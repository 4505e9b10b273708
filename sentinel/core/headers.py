"""What every answer tells the browser: run nothing that is not ours, show us in no frame, keep nothing, tell nobody where from."""

from flask import Flask, Response, current_app, request

FROM_FILES = ("static", "assets")
A_YEAR = 365 * 24 * 3600

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def init_app(app: Flask) -> None:
    """Put them on every answer, failures too."""
    app.after_request(_strict)


def content_policy(*form_targets: str) -> str:
    """Scripts, styles and pictures of ours, none of them inline. A page whose form leads elsewhere names where and sets this itself."""
    forms = " ".join(("'self'", *form_targets))
    ours = "; ".join(f"{kind}-src 'self'" for kind in ("default", "script", "style", "img", "connect", "font"))
    return f"{ours}; object-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action {forms}"


def _strict(response: Response) -> Response:
    for name, value in {"Content-Security-Policy": content_policy(), **ALWAYS}.items():
        response.headers.setdefault(name, value)
    if current_app.config["SESSION_COOKIE_SECURE"]:
        response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
    if request.endpoint not in FROM_FILES:
        response.headers["Cache-Control"] = "no-store"
    return response
