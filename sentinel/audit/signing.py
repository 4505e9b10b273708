"""The Ed25519 key that seals are signed with, and the public keys that they are checked against.

What the check rests on: the seed is in SENTINEL_AUDIT_KEY, told to the worker alone and never kept in the database. Whoever
can write every row of the database, as its superuser too, can therefore rewrite entries and seals but not sign them. Public keys
are taken from SENTINEL_AUDIT_KEY where it is given, and from `audit/public.key` in the data folder, which the sealer writes
on the worker's machine: outside the database, so not within the same reach. Whoever holds the database, the key and every copy
of the anchor can rewrite all; that is why the anchor also leaves by e-mail and in the log.
"""

import base64
import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sentinel.core.errors import Refused
from sentinel.core.instance.checks import audit_key

NO_KEY = (
    "There is no key to check the signatures with: neither SENTINEL_AUDIT_KEY nor audit/public.key in the data folder. "
    "Run this on the worker's machine, or copy that file here."
)


def private_key(value: str) -> Ed25519PrivateKey:
    """The key of a SENTINEL_AUDIT_KEY. Refuses a value that is no seed."""
    if problem := audit_key(value):
        raise Refused(problem)
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(value))


def public_keys(folder: Path, seed: str) -> list[Ed25519PublicKey]:
    """Every key that seals of this installation may be signed with, the present one last. Refuses when there is none."""
    kept = _lines(folder / "public.key")
    try:
        keys = [Ed25519PublicKey.from_public_bytes(base64.b64decode(line)) for line in kept]
    except ValueError as error:
        raise Refused(f"{folder / 'public.key'} is damaged: put it back from a copy.") from error
    if seed:
        keys.append(private_key(seed).public_key())
    if not keys:
        raise Refused(NO_KEY)
    return keys


def keep_public_key(folder: Path, key: Ed25519PrivateKey) -> None:
    """Write the public key down beside the anchor; earlier ones stay, for the seals made with them."""
    line = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    file = folder / "public.key"
    if line in _lines(file):
        return
    folder.mkdir(parents=True, exist_ok=True)
    with file.open("a") as out:
        out.write(line + "\n")
        out.flush()
        os.fsync(out.fileno())


def is_signed(keys: list[Ed25519PublicKey], chain: bytes, signature: bytes) -> bool:
    """Was this chain signed with any of these keys?"""
    return any(_verifies(key, chain, signature) for key in keys)


def _verifies(key: Ed25519PublicKey, chain: bytes, signature: bytes) -> bool:
    try:
        key.verify(signature, chain)
    except InvalidSignature:
        return False
    return True


def _lines(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []
