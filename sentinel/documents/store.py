"""Where files lie: DATA/documents, outside the web root, under names of ours, each encrypted by itself.

The key is made from SENTINEL_SECRET_KEY. Whoever loses it loses every file: a backup of the folder needs the key beside it.
"""

import base64
import os
from pathlib import Path
from uuid import UUID

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import current_app

from sentinel.core.errors import NotFound

UNREADABLE = "This file cannot be opened: it was kept under another key, or is no longer there. Ask whoever runs Sentinel to restore it."


def write(key: UUID, body: bytes) -> None:
    """Keep what a file holds: whole or not at all, readable by Sentinel's own account only."""
    place = path(key)
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = place.with_suffix(".new")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(_cipher().encrypt(body))
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(place)
    _sync(place.parent)


def read(key: UUID) -> bytes:
    """What a file holds, as it was sent. Refuses one that is gone, was changed, or was kept under another key."""
    try:
        return _cipher().decrypt(path(key).read_bytes())
    except (FileNotFoundError, InvalidToken):
        raise NotFound(UNREADABLE) from None


def remove(key: UUID) -> None:
    """Nothing infected is kept."""
    path(key).unlink(missing_ok=True)


def path(key: UUID) -> Path:
    """Where it lies: two levels of folders, so that none grows large. The last letters are the ones that differ."""
    name = key.hex
    folder: Path = current_app.config["SENTINEL"].data_dir / "documents"
    return folder / name[-2:] / name[-4:-2] / str(key)


def _cipher() -> Fernet:
    secret = current_app.config["SECRET_KEY"].encode()
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sentinel documents v1").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
