"""The `sentinel` command: what it lists, and how it refuses."""

import base64
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from config.settings import settings
from sentinel.cli import COMMANDS, main

WEB = {
    "SENTINEL_DATABASE_URL": "postgresql+psycopg://sentinel_web@127.0.0.1:1/none",
    "SENTINEL_REDIS_URL": "redis://127.0.0.1:1/0",
    "SENTINEL_SECRET_KEY": "s" * 40,
}


@pytest.fixture(autouse=True)
def _fresh_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in (*WEB, "SENTINEL_WORKER_DATABASE_URL", "SENTINEL_OWNER_DATABASE_URL", "SENTINEL_AUDIT_KEY", "SENTINEL_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


def sentinel(*words: str, **environment: str) -> Result:
    return CliRunner().invoke(main, words, env=environment, prog_name="sentinel")


def test_help_lists_every_command_that_is_there() -> None:
    listed = sentinel("--help").stdout

    for name, (module, _) in COMMANDS.items():
        assert f"  {name} " in listed, f"{name}: is sentinel/cli/{module}.py there?"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_of_its_own(name: str) -> None:
    result = sentinel(name, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: sentinel {name}")


def test_a_misspelt_command_is_wrong_use() -> None:
    result = sentinel("strat")

    assert result.exit_code == 2
    assert "No such command 'strat'" in result.stderr


@pytest.mark.parametrize(
    ("command", "missing"),
    [
        ("web", ["SENTINEL_DATABASE_URL", "SENTINEL_REDIS_URL", "SENTINEL_SECRET_KEY"]),
        ("worker", ["SENTINEL_WORKER_DATABASE_URL", "SENTINEL_REDIS_URL", "SENTINEL_AUDIT_KEY"]),
        ("beat", ["SENTINEL_REDIS_URL"]),
        ("roles", ["SENTINEL_SUPERUSER_DATABASE_URL", "SENTINEL_OWNER_DATABASE_URL"]),
    ],
)
def test_a_part_refuses_to_run_without_its_settings_and_names_all_of_them(command: str, missing: list[str]) -> None:
    result = sentinel(command)

    assert result.exit_code == 2
    for name in missing:
        assert f"{name} is not set." in result.stderr


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"SENTINEL_SECRET_KEY": "short"}, "SENTINEL_SECRET_KEY must have 32 characters or more."),
        ({"SENTINEL_DATABASE_URL": "mysql://x"}, "SENTINEL_DATABASE_URL must begin with postgresql+psycopg://"),
        ({"SENTINEL_REDIS_URL": "amqp://x"}, "SENTINEL_REDIS_URL must begin with redis://, rediss:// or unix://"),
        ({}, "The database of SENTINEL_DATABASE_URL does not answer: "),
    ],
)
def test_web_refuses_settings_that_cannot_be_right(wrong: dict[str, str], sentence: str) -> None:
    result = sentinel("web", **(WEB | wrong))

    assert result.exit_code == 2
    assert sentence in result.stderr


@pytest.mark.security
@pytest.mark.parametrize("key", ["not base64!", "c2hvcnQ=", "x" * 44, base64.b64encode(bytes(33)).decode()])
def test_the_worker_refuses_a_key_that_is_no_seed(key: str) -> None:
    settings = {"SENTINEL_WORKER_DATABASE_URL": WEB["SENTINEL_DATABASE_URL"], "SENTINEL_REDIS_URL": WEB["SENTINEL_REDIS_URL"]}
    result = sentinel("worker", **settings, SENTINEL_AUDIT_KEY=key)

    assert result.exit_code == 2
    assert result.stderr == "SENTINEL_AUDIT_KEY must be 32 bytes in base64 (make one: openssl rand -base64 32).\n"


def test_a_command_says_where_it_looked_for_a_system(tmp_path: object) -> None:
    result = sentinel("migrate", "--data", f"{tmp_path}/none")

    assert result.exit_code == 2
    assert f"There is no Sentinel in {tmp_path}/none. Start one there first" in result.stderr


def test_an_outside_system_without_the_address_that_is_needed_is_refused() -> None:
    result = sentinel("migrate", SENTINEL_DATABASE_URL=WEB["SENTINEL_DATABASE_URL"], SENTINEL_REDIS_URL=WEB["SENTINEL_REDIS_URL"])

    assert result.exit_code == 2
    assert result.stderr == "SENTINEL_OWNER_DATABASE_URL is not set.\n"
