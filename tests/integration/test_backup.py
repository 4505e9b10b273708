"""One file holds everything; from it everything comes back, and the record is whole and goes on."""

import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.settings import ROOT
from sentinel.core import migrate
from sentinel.core.errors import Refused
from sentinel.core.instance import copies
from tests import databases
from tests.integration.sealed import KEY, check, execute, happen, seal, value
from tests.waiting import eventually

pytestmark = pytest.mark.security

# A restore is itself recorded and sealed, ends sessions, and counts one epoch on.
CHANGED = {"audit_entry", "audit_payload", "audit_seal", "installation", "user_session"}


@pytest.fixture
def elsewhere() -> Iterator[str]:
    """An empty database, not even migrated."""
    name = f"sentinel_elsewhere_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}_{os.getpid()}"
    with databases.superuser() as connection:
        databases.create(connection, name)
    yield name
    with databases.superuser() as connection:
        databases.drop(connection, name)


def owner(database: str) -> str:
    return databases.url("sentinel_owner", database).replace("+psycopg", "")


def told(database: str, folder: Path) -> dict[str, str]:
    """The environment of a command on this database."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("SENTINEL_")}
    urls = {f"SENTINEL_{role.upper()}_DATABASE_URL": databases.url(f"sentinel_{role}", database) for role in ("owner", "worker")}
    return others | urls | {"SENTINEL_DATA_DIR": str(folder), "SENTINEL_AUDIT_KEY": KEY, "SENTINEL_REDIS_URL": "redis://127.0.0.1:6379/12"}


def sentinel(database: str, folder: Path, *words: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "sentinel.cli", *words], env=told(database, folder), cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stderr if status else done.stdout


def contents(database: str) -> dict[str, tuple[int, str]]:
    """How many rows each table has, and their digest whatever their order."""
    with databases.superuser(database) as connection:
        tables = [name for (name,) in connection.execute(copies.TABLES).fetchall()]
        rows = "SELECT count(*), coalesce(md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))), '') FROM {} t"
        return {name: connection.execute(rows.format(name)).fetchone() for name in tables}


def test_what_was_backed_up_is_there_again_row_for_row_and_the_record_is_whole(own_database, elsewhere, tmp_path):
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "sentinel.backup"
    happen(own_database, 3)
    seal(own_database, here)
    happen(own_database, 2)
    (here / "documents" / "ab").mkdir(parents=True)
    (here / "documents" / "ab" / "letter.pdf").write_bytes(b"%PDF a letter")
    facts = json.loads(sentinel(own_database, here, "backup", str(file), "--json"))
    assert facts["sealed_first"] is True
    assert (file.stat().st_mode & 0o777, list(tmp_path.glob(".*part*"))) == (0o600, [])

    sentinel(elsewhere, there, "restore", str(file))

    was, now = contents(own_database), contents(elsewhere)
    assert {name for name in was if was[name] != now[name]} <= CHANGED
    assert was["asb_case"][0] >= 5
    assert was["user_session"][0] == now["user_session"][0]
    assert (there / "documents" / "ab" / "letter.pdf").read_bytes() == b"%PDF a letter"
    kept = "SELECT count(*) FROM audit_entry WHERE epoch = 1"
    assert value(elsewhere, kept) == value(own_database, "SELECT count(*) FROM audit_entry")
    assert value(elsewhere, "SELECT epoch FROM installation") == 2
    found = json.loads(sentinel(elsewhere, there, "audit", "verify", "--json"))
    assert (found["ok"], found["broken"]) == (True, None)

    happen(elsewhere, 1)
    seal(elsewhere, there)
    after = check(elsewhere, there)
    assert (after.problems, after.unsealed) == ([], 0)
    assert after.seals > found["seals"]
    execute(elsewhere, None, "UPDATE audit_entry SET actor = 'x' WHERE epoch = 1 AND table_name = 'party'")
    assert not check(elsewhere, there).ok, "what was recorded before the restore is still sealed"


def test_what_was_not_sealed_when_it_was_copied_is_sealed_where_it_is_restored(own_database, elsewhere, tmp_path):
    here, there, file = tmp_path / "here", tmp_path / "there", tmp_path / "sentinel.backup"
    happen(own_database, 1)
    seal(own_database, here)
    happen(own_database, 2)
    copies.back_up(owner(own_database), here, file, migrate.head())
    migrate.upgrade(databases.url("sentinel_owner", elsewhere))
    copies.restore(owner(elsewhere), there, file, migrate.head(), replace=False)
    before = check(elsewhere, there)
    assert before.ok
    assert before.unsealed > 2
    seal(elsewhere, there)
    found = check(elsewhere, there)
    assert (found.problems, found.unsealed, found.sealed) == ([], 0, found.entries)
    ends = "SELECT count(*) FROM audit_seal WHERE epoch = 1 AND n > (SELECT min(n) FROM audit_seal WHERE epoch = 2)"
    assert value(elsewhere, ends) == 0, "a seal does not reach over the end of an epoch"


def test_a_system_that_holds_something_is_not_written_over_unless_asked(own_database, tmp_path):
    file = tmp_path / "sentinel.backup"
    happen(own_database, 1)
    seal(own_database, tmp_path)
    sentinel(own_database, tmp_path, "backup", str(file))
    was = contents(own_database)
    happen(own_database, 1)
    assert "This system is not empty" in sentinel(own_database, tmp_path, "restore", str(file), status=2)
    assert contents(own_database)["asb_case"][0] == was["asb_case"][0] + 1
    sentinel(own_database, tmp_path, "restore", str(file), "--replace")
    now = contents(own_database)
    assert {name for name in was if was[name] != now[name]} <= CHANGED
    assert json.loads(sentinel(own_database, tmp_path, "audit", "verify", "--json"))["ok"]
    assert list(tmp_path.glob("audit.before-restore-*/anchor.log")), "the anchor that was replaced is kept"
    for statement in ("TRUNCATE audit_entry", "UPDATE audit_entry SET actor = 'x'"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            execute(own_database, "sentinel_owner", statement)


def test_a_file_that_is_damaged_cut_short_or_of_another_schema_changes_nothing(own_database, tmp_path):
    file = tmp_path / "sentinel.backup"
    happen(own_database, 1)
    sentinel(own_database, tmp_path, "backup", str(file))
    was, whole = contents(own_database), file.read_bytes()
    with pytest.raises(Refused, match="of schema revision .* Restore it with the version that made it"):
        copies.restore(owner(own_database), tmp_path, file, "9999", replace=True)
    with tarfile.open(file) as tar:
        at = tar.getmember("tables/asb_case.copy.gz").offset_data + 30
    spoilt = {"flipped": whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :], "short": whole[: len(whole) // 2], "none": b"PK, a zip"}
    for name, content in spoilt.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Refused, match="is damaged|is no backup"):
            copies.restore(owner(own_database), tmp_path, tmp_path / name, migrate.head(), replace=True)
    assert contents(own_database) == was


def test_a_backup_does_not_write_over_a_file_and_says_when_it_cannot_write(own_database, tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(Refused, match="exists already"):
        copies.back_up(owner(own_database), tmp_path, tmp_path / "mine", migrate.head())
    assert (tmp_path / "mine").read_text() == "precious"
    with pytest.raises(Refused, match="cannot be written"):
        copies.back_up(owner(own_database), tmp_path, tmp_path / "nowhere" / "mine", migrate.head())


def test_a_backup_that_is_killed_leaves_no_file_under_its_name(own_database, tmp_path):
    file = tmp_path / "sentinel.backup"
    with psycopg.connect(databases.url("sentinel_owner", own_database).replace("+psycopg", "")) as lock:
        lock.execute("LOCK TABLE person IN ACCESS EXCLUSIVE MODE")  # the copy stops there
        process = subprocess.Popen([sys.executable, "-m", "sentinel.cli", "backup", str(file)], env=told(own_database, tmp_path), cwd=ROOT)
        assert eventually(lambda: any(part.stat().st_size > 0 for part in tmp_path.glob(".sentinel.backup.part-*")))
        process.send_signal(signal.SIGKILL)
        process.wait(60)
    assert not file.exists()


def test_a_running_system_is_not_restored_over(own_database, tmp_path):
    file = tmp_path / "sentinel.backup"
    copies.back_up(owner(own_database), tmp_path, file, migrate.head())
    web = databases.url("sentinel_web", own_database).replace("+psycopg", "")
    with psycopg.connect(web), pytest.raises(Refused, match="Stop web, worker and beat first"):
        copies.restore(owner(own_database), tmp_path, file, migrate.head(), replace=True)


def test_everything_in_it_is_under_the_folder_it_goes_to(own_database, tmp_path):
    file = tmp_path / "sentinel.backup"
    copies.back_up(owner(own_database), tmp_path, file, migrate.head())
    forged = tmp_path / "forged"
    with tarfile.open(file) as tar, tarfile.open(forged, "w") as out:
        for member in tar.getmembers():
            content = tar.extractfile(member)
            if member.name == copies.MANIFEST:
                manifest = json.load(content)
                manifest["files"]["../../outside"] = {"sha256": copies.sha256(b"").hexdigest()}
                text = json.dumps(manifest).encode()
                out.addfile(copies._member(copies.MANIFEST, len(text)), copies.io.BytesIO(text))
            else:
                out.addfile(member, content)
        out.addfile(copies._member("data/../../outside", 0))
    with pytest.raises(Refused, match="is damaged"):
        copies.restore(owner(own_database), tmp_path / "data", forged, migrate.head(), replace=True)
    assert not (tmp_path.parent / "outside").exists()
