"""The cookie of a session, encrypted: a sentence for the next page may name a victim, and cookies lie on disks and in proxies' logs."""

import base64
import zlib
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask
from flask.json.tag import TaggedJSONSerializer
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import BadSignature


class Sealer:
    """What a serializer of itsdangerous does, with words that nobody can read."""

    def __init__(self, secret: str) -> None:
        self.cipher = _cipher(secret)
        self.words = TaggedJSONSerializer()

    def dumps(self, held: Any) -> str:
        """What the cookie holds, packed and sealed: browsers keep 4,093 bytes."""
        return self.cipher.encrypt(zlib.compress(self.words.dumps(held).encode())).decode()

    def loads(self, sealed: str, max_age: int | None = None) -> Any:
        """What it held. Raises BadSignature for what we did not seal, and for what is older than `max_age` seconds."""
        try:
            return self.words.loads(zlib.decompress(self.cipher.decrypt(sealed, ttl=max_age)).decode())
        except InvalidToken:
            raise BadSignature("not sealed by us") from None


class SealedCookie(SecureCookieSessionInterface):
    """Flask's session in a cookie, sealed instead of signed."""

    def get_signing_serializer(self, app: Flask) -> Any:
        """The one that seals with this installation's key."""
        return Sealer(str(app.secret_key)) if app.secret_key else None


@cache
def _cipher(secret: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"sentinel cookies v1").derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(key))
