"""The folder of an embedded system, its secrets, and what each process is told."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sentinel.core.errors import Refused
from sentinel.core.instance import broker, environment, keys, postgres
from sentinel.core.instance.place import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place.at(tmp_path / "data")
    place.make()
    return place


@pytest.fixture
def database(place: Place) -> postgres.Postgres:
    (place.data / "postgres-18").mkdir()
    return postgres.Postgres(place.data / "postgres-18", place.data, Path("/nowhere"), None, "secret")


def test_only_one_can_hold_a_place(place: Place) -> None:
    with place.claim() as first, place.claim() as second:
        assert (first, second) == (True, False)
    with place.claim() as again:
        assert again


def test_a_folder_that_cannot_be_made_is_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(Refused, match="cannot write to .*file/data.*Choose another folder with --data"):
        Place.at(tmp_path / "file" / "data").make()


def test_sockets_have_a_short_path_of_their_own_for_each_folder(tmp_path: Path) -> None:
    deep = Place.at(tmp_path / ("deep" * 60))

    assert len(str(deep.sockets / ".s.PGSQL.5432.lock")) < 100
    assert deep.sockets != Place.at(tmp_path).sockets


def test_keys_are_made_once_and_for_nobody_else_to_read(place: Place) -> None:
    made = keys.load_or_make(place.keys)

    assert keys.load_or_make(place.keys) == made
    assert stat.S_IMODE(place.keys.stat().st_mode) == 0o600
    assert len({*made.passwords().values(), made.admin, made.secret_key, made.audit_key}) == 7


def test_damaged_keys_are_refused_and_not_replaced(place: Place) -> None:
    place.keys.write_text('{"owner": "half a fi')

    with pytest.raises(Refused, match="Put the file back from a copy"):
        keys.load_or_make(place.keys)
    assert place.keys.read_text() == '{"owner": "half a fi'


def test_each_process_is_told_no_more_than_it_needs(place: Place, database: postgres.Postgres) -> None:
    secrets = keys.make()

    def told(*roles: environment.Role) -> set[str]:
        return set(environment.of(place, secrets, database, broker.at(place), *roles))

    nothing = {"SENTINEL_DATA_DIR", "SENTINEL_REDIS_URL"}
    assert told() == nothing
    assert told("web") == nothing | {"SENTINEL_DATABASE_URL", "SENTINEL_SECRET_KEY"}
    assert told("worker") == nothing | {"SENTINEL_WORKER_DATABASE_URL", "SENTINEL_SECRET_KEY", "SENTINEL_AUDIT_KEY"}


def test_a_child_inherits_no_address_of_another_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SENTINEL_OWNER_DATABASE_URL", "postgresql+psycopg://owner@/elsewhere")
    monkeypatch.setenv("SENTINEL_SMTP_URL", "smtp://post.example")

    child = environment.for_child({"SENTINEL_DATABASE_URL": "ours"})

    assert "SENTINEL_OWNER_DATABASE_URL" not in child
    assert (child["SENTINEL_SMTP_URL"], child["SENTINEL_DATABASE_URL"]) == ("smtp://post.example", "ours")


def test_a_pid_file_that_names_a_stranger_is_removed_and_the_stranger_lives(database: postgres.Postgres) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], cwd=database.cluster) as stranger:
        lines = [str(stranger.pid), str(database.cluster), "0", "5432", "", "", "", "ready"]
        (database.cluster / "postmaster.pid").write_text("\n".join(lines))

        assert database.left_behind() is None
        database.clear_stale()

        assert stranger.poll() is None
        stranger.kill()
    assert not (database.cluster / "postmaster.pid").exists()


def test_a_server_is_ready_only_when_the_pid_file_is_its_own(database: postgres.Postgres) -> None:
    lines = ["123", str(database.cluster), "0", "5432", "", "", "", "ready   "]
    (database.cluster / "postmaster.pid").write_text("\n".join(lines))

    assert database.ready(123)
    assert not database.ready(os.getpid())


def test_an_address_survives_signs_in_its_password(database: postgres.Postgres) -> None:
    from sqlalchemy import make_url

    url = make_url(database.url("sentinel_web", "p@ss/w:rd%"))

    assert (url.password, url.database, url.query["host"]) == ("p@ss/w:rd%", "sentinel", str(database.sockets))
