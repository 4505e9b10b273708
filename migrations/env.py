"""Alembic: online only, as the owner role, one migration at a time under an advisory lock."""

from alembic import context
from sqlalchemy import create_engine, pool, text

import sentinel.models  # noqa: F401  every table
from sentinel.core.db import db

LOCK = 7_283_116


def _is_partition(name: str | None) -> bool:
    return bool(name) and name.startswith(("audit_entry_", "audit_payload_"))


def include_name(name: str | None, type_: str, parent_names: object) -> bool:
    """Partitions are the database's own affair."""
    return not (type_ == "table" and _is_partition(name))


def run() -> None:
    """Bring the database named by the configuration to the asked revision."""
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "", poolclass=pool.NullPool, hide_parameters=True)
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": LOCK})
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            include_name=include_name,
            transaction_per_migration=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()


run()
