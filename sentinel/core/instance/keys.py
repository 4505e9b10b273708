"""The secrets of an embedded system: made once, kept in one file that only its owner can read."""

import base64
import json
import os
import secrets
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from sentinel.core.errors import Refused

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that are mistaken for one another


@dataclass(frozen=True)
class Keys:
    """Passwords of the database's accounts, and what Sentinel signs with."""

    instance: str
    admin: str
    owner: str
    web: str
    worker: str
    sealer: str
    secret_key: str
    audit_key: str
    demo_password: str

    def passwords(self) -> dict[str, str]:
        """The password of each of the four database roles."""
        return {name: getattr(self, name) for name in ("owner", "web", "worker", "sealer")}


def make() -> Keys:
    """New keys. The audit key is the 32 byte seed of an Ed25519 key, in base64."""
    word = secrets.token_urlsafe
    return Keys(
        instance=secrets.token_hex(6),
        admin=word(24),
        owner=word(24),
        web=word(24),
        worker=word(24),
        sealer=word(24),
        secret_key=word(48),
        audit_key=base64.b64encode(secrets.token_bytes(32)).decode(),
        demo_password="-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(4)),
    )


def load(path: Path) -> Keys:
    """The keys kept at `path`. Refuses a file that is damaged: the database behind it could no longer be opened."""
    try:
        kept = json.loads(path.read_text())
        return Keys(**{field.name: str(kept[field.name]) for field in fields(Keys)})
    except (OSError, ValueError, KeyError) as error:
        raise Refused(f"The keys in {path} cannot be read ({error}). Put the file back from a copy.") from error


def save(path: Path, keys: Keys) -> None:
    """Keep `keys` at `path`, all or nothing, readable by the owner alone."""
    draft = path.with_suffix(".new")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(keys), file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load_or_make(path: Path) -> Keys:
    """The keys at `path`; new ones where there are none yet."""
    if not path.exists():
        save(path, make())
    return load(path)


def with_demo_password(path: Path, keys: Keys, password: str) -> Keys:
    """Remember the password that the demonstration's accounts are being made with."""
    changed = replace(keys, demo_password=password)
    save(path, changed)
    return changed
