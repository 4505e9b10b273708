"""Nothing typed is lost: drafts, encrypted with a key made from the installation's secret."""

import base64
import json
from datetime import datetime
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app
from sqlalchemy import delete, select

from sentinel.core import clock
from sentinel.core.db import db
from sentinel.core.models import Draft

KEY_ID = "v1"
Fields = dict[str, list[str]]


def _cipher() -> Fernet:
    secret = current_app.config["SECRET_KEY"].encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sentinel drafts v1").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))


def find(user_id: UUID, form: str, subject: str = "") -> Draft | None:
    """This person's draft of this form about this subject."""
    return db.session.scalar(select(Draft).filter_by(user_id=user_id, form=form, subject=subject))


def save(user_id: UUID, form: str, fields: Fields, *, subject: str = "", reference: str | None = None) -> datetime:
    """Keep what was typed, replacing an older draft of the same form; returns when."""
    draft = find(user_id, form, subject)
    if draft is None:
        draft = Draft(user_id=user_id, form=form, subject=subject, reference=reference)
        db.session.add(draft)
    draft.key_id = KEY_ID
    draft.reference = draft.reference or reference
    draft.body = _cipher().encrypt(json.dumps(fields).encode("utf-8", "surrogatepass"))
    draft.updated_at = clock.now()
    db.session.flush()
    return draft.updated_at


def read(draft: Draft) -> Fields:
    """What was typed; nothing when the installation's secret has changed since."""
    try:
        return dict(json.loads(_cipher().decrypt(draft.body)))
    except InvalidToken:
        return {}


def discard(user_id: UUID, form: str, subject: str = "") -> None:
    """The form was saved, or its writer wants it gone."""
    db.session.execute(delete(Draft).where(Draft.user_id == user_id, Draft.form == form, Draft.subject == subject))
