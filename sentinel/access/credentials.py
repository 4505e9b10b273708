"""What somebody proves who they are with. Kept apart from the person, so that no page and no record of changes meets a secret."""

from uuid import UUID

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select

from sentinel.access.models import Credential, User
from sentinel.access.passwords import normalised, refuse_weak
from sentinel.audit.service import record_access
from sentinel.core import clock
from sentinel.core.db import db

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """An argon2id hash of a password as it is, for one that the system made. A person's choice goes through `set_password`."""
    return _hasher.hash(normalised(password))


def set_password(user: User, password: str) -> None:
    """From now on this is the person's password. Refuses a weak one."""
    refuse_weak(password, user)
    keep_hash(user.id, hash_password(password))


def of(user_id: UUID) -> Credential:
    """This person's secrets; a row without any for somebody who has none yet."""
    found = db.session.get(Credential, user_id)
    if found is None:
        found = Credential(user_id=user_id)
        db.session.add(found)
    return found


def keep_hash(user_id: UUID, hashed: str) -> None:
    """From now on this is the hash of this person's password; recorded."""
    credential = of(user_id)
    credential.password_hash, credential.password_set_at = hashed, clock.machine_now()
    db.session.flush()
    record_access("password_set", user_id)


def check_password(email: str, password: str) -> User | None:
    """The person with this address and password, whatever their standing; None for a wrong pair, in the same time."""
    user = by_email(email)
    credential = db.session.get(Credential, user.id) if user else None
    kept = credential and credential.password_hash
    try:
        _hasher.verify(kept or _of_nobody(), normalised(password))
    except (VerificationError, InvalidHashError):
        return None
    if credential is None or not kept:
        return None
    if _hasher.check_needs_rehash(kept):
        credential.password_hash = hash_password(password)
    return user


def by_email(email: str) -> User | None:
    """The person with this address, as somebody typed it."""
    return db.session.scalar(select(User).where(User.email == email.strip().lower()))


def _of_nobody() -> str:
    """The hash of no password, which takes as long to compare as anybody's."""
    cost = f"m={_hasher.memory_cost},t={_hasher.time_cost},p={_hasher.parallelism}"
    return f"$argon2id$v=19${cost}${'A' * 22}${'A' * 43}"
