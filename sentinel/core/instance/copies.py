"""One file with everything: every table at one moment, and what the data folder keeps beside the database.

A tar of: tables/NAME.copy.gz (PostgreSQL's COPY text), data/... (documents, the record's anchor and public keys), and last
manifest.json (format, revision, epoch, columns, sequences; rows and SHA-256 of every part). It needs no client program and goes
from any PostgreSQL 15+ to any other. It holds personal data, and neither passwords nor keys.
"""

import gzip
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql

from sentinel.core import clock
from sentinel.core.errors import Refused

FORMAT = 1
KEPT = ("audit", "documents")
CHUNK = 1 << 20
MANIFEST = "manifest.json"

TABLES = """SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND c.relname <> 'alembic_version' ORDER BY c.relname"""
COLUMNS = """SELECT a.attname FROM pg_attribute a WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped
    AND a.attgenerated = '' ORDER BY a.attnum"""
SEQUENCES = "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'S' ORDER BY c.relname"
FOREIGN = """SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
    WHERE c.contype = 'f' AND c.connamespace = 'public'::regnamespace AND c.conparentid = 0 ORDER BY 1, 2"""
TRIGGERED = """SELECT DISTINCT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND t.tgenabled = 'O' AND t.tgparentid = 0 AND c.relnamespace = 'public'::regnamespace"""
OTHERS = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND usename IN ('sentinel_web', 'sentinel_worker')"""
# Rights that the owner itself does not keep (0010): regained for the load, given up again after it.
RECORD = """SELECT c.oid::regclass::text FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
    AND (c.relname ~ '^audit_(entry|payload|seal)' OR c.relname = 'disposal')"""


@dataclass(frozen=True)
class Copied:
    """How many tables, rows and files a copy holds."""

    tables: int
    rows: int
    files: int


def back_up(owner_url: str, data: Path, file: Path, revision: str) -> Copied:
    """Write everything into `file`, all or nothing: until it is whole it has another name. Readable by its owner alone.

    Refuses a file that exists, and a folder that cannot be written to.
    """
    if file.exists():
        raise Refused(f"{file} exists already: choose another name, or move it away.")
    draft = file.with_name(f".{file.name}.part-{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w") as tar, psycopg.connect(owner_url) as connection:
                copied = _write(tar, connection, data, revision)
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)  # refuses, as a rename would not, what has come to stand there meanwhile
    except OSError as error:
        raise Refused(f"{file} cannot be written ({error.strerror}).") from error
    finally:
        draft.unlink(missing_ok=True)
    return copied


def restore(owner_url: str, data: Path, file: Path, revision: str, *, replace: bool) -> Copied:
    """Load `file` into a database at this code's schema: everything or nothing. The record goes on in a new epoch.

    Refuses a file that is damaged or of another schema, a system that is running, and one that holds something unless `replace`.
    Sessions in the copy are ended. What the data folder kept is moved aside, not deleted.
    """
    with _opened(file) as tar:
        manifest = _manifest(tar, file)
        if manifest["revision"] != revision:
            raise Refused(
                f"{file} is of schema revision {manifest['revision']} and this version of Sentinel has {revision}. "
                "Restore it with the version that made it, then update that installation (sentinel migrate)."
            )
        _check(tar, manifest, file)
        with psycopg.connect(owner_url) as connection:
            _refuse_unfit(connection, replace=replace)
            _load(connection, tar, manifest)
            files = _put_back(tar, manifest, data)
        _analyse(owner_url)
    return Copied(len(manifest["tables"]), sum(table["rows"] for table in manifest["tables"].values()), files)


def is_empty(connection: psycopg.Connection) -> bool:
    """Has nobody an account, and is there neither a report nor a case?"""
    query = "SELECT NOT EXISTS (SELECT FROM app_user) AND NOT EXISTS (SELECT FROM report) AND NOT EXISTS (SELECT FROM asb_case)"
    return bool(_value(connection, query))


def _write(tar: tarfile.TarFile, connection: psycopg.Connection, data: Path, revision: str) -> Copied:
    connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    found = _value(connection, "SELECT version_num FROM alembic_version")
    if found != revision:
        raise Refused(f"The database is at schema revision {found} and this version has {revision}: run `sentinel migrate` first.")
    tables = {name: _copy_out(tar, connection, name) for (name,) in connection.execute(TABLES).fetchall()}
    manifest = {
        "format": FORMAT,
        "revision": revision,
        "epoch": _value(connection, "SELECT epoch FROM installation"),
        "made_at": clock.machine_now().isoformat(),
        "tables": tables,
        "sequences": {name: _sequence(connection, name) for (name,) in connection.execute(SEQUENCES).fetchall()},
        "files": {name: _add(tar, f"data/{name}", path) for name, path in _kept(data)},
    }
    text = json.dumps(manifest, indent=1).encode()
    tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
    return Copied(len(tables), sum(table["rows"] for table in tables.values()), len(manifest["files"]))


def _copy_out(tar: tarfile.TarFile, connection: psycopg.Connection, table: str) -> dict[str, Any]:
    columns = [name for (name,) in connection.execute(COLUMNS, [table]).fetchall()]
    query = sql.SQL("COPY (SELECT {} FROM {}) TO STDOUT").format(_listed(columns), sql.Identifier(table))
    rows = 0
    with tempfile.TemporaryFile() as spool:
        packed = gzip.GzipFile(fileobj=spool, mode="wb", compresslevel=3, mtime=0)
        with packed, connection.cursor() as cursor, cursor.copy(query) as copy:
            for chunk in copy:
                packed.write(chunk)
                rows += bytes(chunk).count(b"\n")
        digest = _put(tar, f"tables/{table}.copy.gz", spool)
    return {"columns": columns, "rows": rows, "sha256": digest}


def _add(tar: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return {"sha256": _put(tar, name, file)}


def _put(tar: tarfile.TarFile, name: str, file: IO[bytes]) -> str:
    """Add a file that is open, as long as it is now; returns its digest."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    reader = _Digesting(file)
    tar.addfile(_member(name, size), reader)
    return reader.digest.hexdigest()


class _Digesting:
    """A file that works out its digest while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.digest = file, sha256()

    def read(self, size: int = -1) -> bytes:
        """As of a file."""
        chunk = self.file.read(size)
        self.digest.update(chunk)
        return chunk


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(clock.machine_now().timestamp())
    return member


def _kept(data: Path) -> Iterator[tuple[str, Path]]:
    for folder in KEPT:
        for path in sorted((data / folder).rglob("*")):
            if path.is_file() and not path.is_symlink():
                yield path.relative_to(data).as_posix(), path


def _sequence(connection: psycopg.Connection, name: str) -> list[Any]:
    row = connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(name))).fetchone()
    assert row is not None
    return list(row)


def _opened(file: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(file, mode="r:")
    except (OSError, tarfile.TarError) as error:
        raise Refused(f"{file} is no backup of Sentinel, or it is cut short ({error}).") from error


def _manifest(tar: tarfile.TarFile, file: Path) -> dict[str, Any]:
    try:
        member = tar.extractfile(MANIFEST)
        assert member is not None
        manifest: dict[str, Any] = json.load(member)
    except (KeyError, ValueError, OSError, tarfile.TarError, AssertionError) as error:
        raise Refused(f"{file} is no backup of Sentinel, or it is cut short.") from error
    if manifest.get("format") != FORMAT:
        raise Refused(f"{file} is a backup in a format that this version of Sentinel does not know: use the version that made it.")
    return manifest


def _check(tar: tarfile.TarFile, manifest: dict[str, Any], file: Path) -> None:
    """Every part is there and is what it was: before anything is touched."""
    parts = {f"tables/{name}.copy.gz": table["sha256"] for name, table in manifest["tables"].items()}
    parts |= {f"data/{name}": kept["sha256"] for name, kept in manifest["files"].items()}
    for name, digest in parts.items():
        if any(part in ("", ".", "..") for part in name.split("/")) or _digest(tar, name) != digest:
            raise Refused(f"{file} is damaged: {name} is not what was written. Use another copy.")


def _digest(tar: tarfile.TarFile, name: str) -> str:
    found = sha256()
    with suppress(KeyError, OSError, tarfile.TarError):
        member = tar.extractfile(name)
        while member and (chunk := member.read(CHUNK)):
            found.update(chunk)
    return found.hexdigest()


def _refuse_unfit(connection: psycopg.Connection, *, replace: bool) -> None:
    if others := _value(connection, OTHERS):
        raise Refused(f"Stop web, worker and beat first: {others} of their connections are open.")
    if not replace and not is_empty(connection):
        raise Refused("This system is not empty. To throw away what is in it and load the backup instead, add --replace.")


def _load(connection: psycopg.Connection, tar: tarfile.TarFile, manifest: dict[str, Any]) -> None:
    """In one transaction: foreign keys off, triggers off, old rows out, the copy in, and everything on again."""
    foreign = connection.execute(FOREIGN).fetchall()
    triggered = [name for (name,) in connection.execute(TRIGGERED).fetchall()]
    record = ", ".join(name for (name,) in connection.execute(RECORD).fetchall())
    _run(connection, "SELECT set_config('sentinel.actor', 'system:restore', true)")
    _run(connection, f"GRANT TRUNCATE ON {record} TO CURRENT_USER")
    for table, name, _ in foreign:
        _run(connection, f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for table in triggered:
        _run(connection, f"ALTER TABLE {table} DISABLE TRIGGER USER")
    _run(connection, "TRUNCATE " + ", ".join(f'"{name}"' for name in manifest["tables"]))
    for table, facts in manifest["tables"].items():
        _copy_in(connection, tar, table, facts["columns"])
    for name, (last, is_called) in manifest["sequences"].items():
        connection.execute("SELECT setval(%s::regclass, %s, %s)", [name, last, is_called])
    for table in triggered:
        _run(connection, f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for table, name, definition in foreign:
        _run(connection, f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    _run(connection, f"REVOKE TRUNCATE ON {record} FROM CURRENT_USER")
    # Transactions are numbered anew here: what is recorded from now on is of another epoch (core.md 3).
    connection.execute("UPDATE installation SET epoch = %s", [manifest["epoch"] + 1])
    _run(connection, "UPDATE user_session SET ended_at = clock_timestamp() WHERE ended_at IS NULL")
    _run(connection, "SELECT audit_write('access', 'installation', '1', 'restore', NULL, NULL, NULL)")


def _copy_in(connection: psycopg.Connection, tar: tarfile.TarFile, table: str, columns: list[str]) -> None:
    query = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _listed(columns))
    member = tar.extractfile(f"tables/{table}.copy.gz")
    with gzip.GzipFile(fileobj=member) as packed, connection.cursor() as cursor, cursor.copy(query) as copy:
        while chunk := packed.read(CHUNK):
            copy.write(chunk)


def _put_back(tar: tarfile.TarFile, manifest: dict[str, Any], data: Path) -> int:
    """The files of the copy; what stood in their place is moved aside under another name."""
    stamp = clock.machine_now().strftime("%Y%m%dT%H%M%SZ")
    for folder in KEPT:
        if (data / folder).exists():
            (data / folder).rename(data / f"{folder}.before-restore-{stamp}")
    for name in manifest["files"]:
        target = data / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        member = tar.extractfile(f"data/{name}")
        assert member is not None
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            shutil.copyfileobj(member, out)
            out.flush()
            os.fsync(out.fileno())
    return len(manifest["files"])


def _analyse(owner_url: str) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))


def _listed(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _value(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


def _run(connection: psycopg.Connection, statement: str) -> None:
    """A statement of names that the database itself gave us."""
    connection.execute(statement.encode())
