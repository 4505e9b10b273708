"""The second factor: codes of an authenticator app (RFC 6238), and ten recovery codes for when the telephone is lost.

The app's secret is kept encrypted with a key made from the installation's; of recovery codes only keyed digests are kept. A code is
accepted once, with one step of drift. Accounts of a demonstration (those with a `label`) are never made to set one up: its role
switch goes on in one click.
"""

import base64
import hmac
import secrets
from hashlib import sha256
from io import BytesIO

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from markupsafe import Markup
from sqlalchemy import delete, func, select

from config import agreed
from sentinel.access import credentials
from sentinel.access.models import Credential, RecoveryCode, User
from sentinel.audit.service import record_access
from sentinel.core import clock
from sentinel.core.db import db, lock
from sentinel.core.errors import Refused

STEP = 30
DRIFT = 1
CODES = 10
WRONG = "This code is not right, or was used already. Enter the code your app shows now."


def is_on(user: User) -> bool:
    """Does this person sign in with a code?"""
    credential = db.session.get(Credential, user.id)
    return bool(credential and credential.totp_confirmed_at)


def required(user: User) -> bool:
    """Does a role of this person ask for one (access.toml)?"""
    roles = agreed.current().access.second_factor_roles
    return not user.label and any(held.role in roles for held in user.holdings)


def begin(user: User) -> None:
    """Make a new secret for the app, to be confirmed with a first code. Refused when a second factor is on: turn it off first."""
    credential = credentials.of(user.id)
    if credential.totp_confirmed_at:
        raise Refused("Your second factor is on already. Turn it off before you set up another.")
    credential.totp_secret, credential.totp_last_step = _cipher().encrypt(pyotp.random_base32().encode()), None
    db.session.flush()


def secret(user: User) -> str | None:
    """The secret that is being set up, as text; None when there is none, or when it was confirmed and is shown no more."""
    credential = db.session.get(Credential, user.id)
    if credential is None or credential.totp_confirmed_at or not credential.totp_secret:
        return None
    return _read(credential)


def picture(user: User, shown: str) -> Markup:
    """The secret as a QR code: an inline SVG without style or script."""
    address = pyotp.TOTP(shown).provisioning_uri(name=user.email, issuer_name="Sentinel")
    out = BytesIO()
    segno.make(address, error="m").save(out, kind="svg", scale=5, border=4, xmldecl=False, svgclass=None, lineclass=None, omitsize=False,
                                        light="#fff", title="QR code for your authenticator app")  # fmt: skip
    return Markup(out.getvalue().decode())  # noqa: S704  made by us from a secret of letters and digits


def confirm(user: User, code: str) -> list[str]:
    """Turn it on with the first code of the app; returns the recovery codes, to be shown once."""
    credential = _held(user)
    if credential.totp_confirmed_at or not _accept(credential, code):
        raise Refused(WRONG, field="code")
    credential.totp_confirmed_at = clock.machine_now()
    record_access("second_factor_on", user.id)
    return make_codes(user)


def check(user: User, code: str) -> bool:
    """Is this a code of the person's app, not used before, or one of their recovery codes, which is used up by it?"""
    return _accept(_held(user), code) or _recovered(user, code)


def turn_off(user: User) -> None:
    """Sign in without a code from now on. Refused where a role asks for one."""
    if required(user):
        raise Refused("Your role needs a second factor, so it cannot be turned off.")
    reset(user)


def reset(user: User) -> None:
    """Take away a second factor whose telephone and codes are lost; where a role asks for one, it is set up anew at the next sign-in."""
    credential = credentials.of(user.id)
    credential.totp_secret = credential.totp_confirmed_at = credential.totp_last_step = None
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    record_access("second_factor_off", user.id)


def make_codes(user: User) -> list[str]:
    """Ten new recovery codes; those before are worth nothing now. Only digests are kept: show them at once."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    codes = [_code() for _ in range(CODES)]
    db.session.add_all(RecoveryCode(user_id=user.id, digest=_digest(code)) for code in codes)
    db.session.flush()
    record_access("recovery_codes_made", user.id)
    return codes


def codes_left(user: User) -> int:
    """How many recovery codes are not used yet."""
    unused = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(unused) or 0


def _held(user: User) -> Credential:
    credential = credentials.of(user.id)
    lock(credential)
    return credential


def _accept(credential: Credential, code: str) -> bool:
    typed = "".join(code.split())
    shared = _read(credential)
    if shared is None or not (typed.isascii() and typed.isdigit() and len(typed) == 6):
        return False
    now = int(clock.machine_now().timestamp()) // STEP
    for step in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(pyotp.TOTP(shared).at(step * STEP), typed) and step > (credential.totp_last_step or 0):
            credential.totp_last_step = step
            db.session.flush()
            return True
    return False


def _recovered(user: User, code: str) -> bool:
    wanted = select(RecoveryCode).where(
        RecoveryCode.user_id == user.id, RecoveryCode.digest == _digest(code), RecoveryCode.used_at.is_(None)
    )
    found = db.session.scalar(wanted.with_for_update())
    if found is None:
        return False
    found.used_at = clock.machine_now()
    record_access("recovery_code_used", user.id)
    return True


def _code() -> str:
    letters = base64.b32encode(secrets.token_bytes(10)).decode().lower()
    return "-".join(letters[n : n + 4] for n in range(0, 16, 4))


def _digest(code: str) -> bytes:
    plain = "".join(c for c in code.lower() if c.isalnum())
    return hmac.new(_key(b"sentinel recovery codes v1"), plain.encode("utf-8", "surrogatepass"), sha256).digest()


def _read(credential: Credential) -> str | None:
    """The secret; None when there is none, or when the installation's secret has changed since."""
    try:
        return _cipher().decrypt(credential.totp_secret).decode() if credential.totp_secret else None
    except InvalidToken:
        return None


def _cipher() -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(b"sentinel second factor v1")))


def _key(info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(current_app.config["SECRET_KEY"].encode())
