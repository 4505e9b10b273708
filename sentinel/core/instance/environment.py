"""What each process of an embedded system is told: by environment variables, and no more than it needs."""

import os
from collections.abc import Mapping
from typing import Literal

from sentinel.core.instance.broker import Broker
from sentinel.core.instance.keys import Keys
from sentinel.core.instance.place import Place
from sentinel.core.instance.postgres import Postgres

Role = Literal["web", "worker", "owner"]

URL_NAMES: dict[Role, str] = {
    "web": "SENTINEL_DATABASE_URL",
    "worker": "SENTINEL_WORKER_DATABASE_URL",
    "owner": "SENTINEL_OWNER_DATABASE_URL",
}
OURS = {
    *URL_NAMES.values(),
    "SENTINEL_REDIS_URL",
    "SENTINEL_SECRET_KEY",
    "SENTINEL_AUDIT_KEY",
    "SENTINEL_DATA_DIR",
    "SENTINEL_DEMO_PASSWORD",
}


def of(place: Place, keys: Keys, database: Postgres, broker: Broker, *roles: Role) -> dict[str, str]:
    """The SENTINEL_* variables of a process that works under `roles` (none: it only needs the broker)."""
    told = {"SENTINEL_DATA_DIR": str(place.data), "SENTINEL_REDIS_URL": broker.url}
    for role in roles:
        told[URL_NAMES[role]] = database.url(f"sentinel_{role}", getattr(keys, role))
    if roles:
        told["SENTINEL_SECRET_KEY"] = keys.secret_key
    if "worker" in roles:
        told["SENTINEL_AUDIT_KEY"] = keys.audit_key
    if "owner" in roles:
        told["SENTINEL_DEMO_PASSWORD"] = os.environ.get("SENTINEL_DEMO_PASSWORD") or keys.demo_password
    return told


def for_child(told: Mapping[str, str]) -> dict[str, str]:
    """A child's whole environment: ours, less what belongs to other roles, and what it is told."""
    return {name: value for name, value in os.environ.items() if name not in OURS} | dict(told)
