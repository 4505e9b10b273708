"""Commands that run Sentinel: everything at once, or its parts singly."""

import logging
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import click

from config.settings import ROOT, Settings, settings
from sentinel.cli.framework import data_option, inside, json_option, tell
from sentinel.core.instance import checks, locate
from sentinel.core.instance.processes import bind_forks_to_this_process

BROKEN = 1
ready_file_option = click.option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="Write our pid there once ready.")


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="Where to serve; 0 chooses a free one.")
@data_option
@click.option("--no-demo", is_flag=True, help="Leave an empty database empty.")
def start(port: int, data: Path | None, no_demo: bool) -> None:
    """Start everything on this machine: database, broker, pages, worker, clock.

    Prints READY and the address once Sentinel can be used. Ctrl-C stops all of it; what was saved is kept.
    """
    from sentinel.core.instance import starting
    from sentinel.core.instance.supervisor import NotReady

    try:
        starting.run(data or settings().data_dir, port, demonstration=not no_demo, say=_say)
    except NotReady as error:
        click.echo(str(error), err=True)
        sys.exit(BROKEN)


@click.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Address to serve at, as HOST:PORT.")
def web(bind: str) -> None:
    """Serve the pages.

    Needs SENTINEL_DATABASE_URL, SENTINEL_REDIS_URL and SENTINEL_SECRET_KEY. Refuses a database role that row-level
    policies would not hold.
    """
    checks.require(settings(), "database_url", "redis_url", "secret_key")
    _refuse(checks.role(settings().database_url, "SENTINEL_DATABASE_URL"))
    _forget("SENTINEL_OWNER_DATABASE_URL", "SENTINEL_WORKER_DATABASE_URL", "SENTINEL_AUDIT_KEY")
    bind_forks_to_this_process()
    from gunicorn.app.wsgiapp import run

    sys.argv = ["gunicorn", "--config", str(ROOT / "config" / "gunicorn.py"), "--bind", bind, "sentinel.wsgi:app"]
    run()


@click.command()
@click.option("--concurrency", type=click.IntRange(1), default=2, show_default=True, help="Tasks at once.")
@ready_file_option
def worker(concurrency: int, ready_file: Path | None) -> None:
    """Do the work that no person waits for.

    Needs SENTINEL_WORKER_DATABASE_URL, SENTINEL_REDIS_URL and SENTINEL_AUDIT_KEY.
    """
    checks.require(settings(), "worker_database_url", "redis_url", "audit_key")
    _refuse(checks.role(settings().worker_database_url, "SENTINEL_WORKER_DATABASE_URL"))
    _forget("SENTINEL_OWNER_DATABASE_URL", "SENTINEL_DATABASE_URL")
    bind_forks_to_this_process()
    from celery import signals

    from workers.app import celery

    _sign_when(signals.worker_ready, ready_file)
    # Talk between workers (gossip, mingle, heartbeat) serves nothing here and costs a second at each start.
    alone = dict.fromkeys(("without_gossip", "without_mingle", "without_heartbeat"), True)
    master = celery.Worker(loglevel=logging.INFO, concurrency=concurrency, **alone)
    master.start()
    sys.exit(master.exitcode)


@click.command()
@ready_file_option
def beat(ready_file: Path | None) -> None:
    """Tell the workers when it is time. Run one, and only one.

    Needs SENTINEL_REDIS_URL; what was last due when is kept in SENTINEL_DATA_DIR.
    """
    checks.require(settings(), "redis_url")
    from celery import signals
    from flask import Flask

    from sentinel.core.queue import make_celery
    from workers import schedule

    celery = make_celery(Flask("sentinel"), settings().redis_url)  # it only sends names of tasks: no room, no database
    celery.conf.beat_schedule = schedule.BEAT
    _sign_when(signals.beat_init, ready_file)
    folder = settings().data_dir
    folder.mkdir(parents=True, exist_ok=True)
    celery.Beat(loglevel=logging.INFO, schedule=str(folder / "beat")).run()


@click.command()
@data_option
@json_option
def migrate(data: Path | None, as_json: bool) -> None:
    """Bring the database to this version's schema, and the partners and districts of the standards into it. Repeat at will.

    Needs SENTINEL_OWNER_DATABASE_URL, or an embedded system.
    """
    with locate.system(data, "owner"):
        owner = settings().owner_database_url
        _refuse(checks.database(owner, "SENTINEL_OWNER_DATABASE_URL"))
        from sentinel.core import migrate as migrations

        migrations.upgrade(owner)
        inside("owner", "migrate", _keep_partnership)
        tell(as_json, {"revision": migrations.head()}, f"The database is at revision {migrations.head()}.")


@click.command()
@click.option("--database", default="sentinel", show_default=True, help="The database to make, owned by the owner role.")
def roles(database: str) -> None:
    """Make the four database roles and their database, or put them right. Repeat at will.

    Needs SENTINEL_SUPERUSER_DATABASE_URL; passwords are those of SENTINEL_OWNER_DATABASE_URL, SENTINEL_DATABASE_URL and
    SENTINEL_WORKER_DATABASE_URL.
    """
    needed = ("superuser_database_url", "owner_database_url", "database_url", "worker_database_url")
    checks.require(settings(), *needed)
    from sentinel.core.instance.roles import ensure_roles

    ensure_roles(settings().superuser_database_url, database, _passwords(settings()))
    click.echo(f"The roles and the database {database} are there.")


def _keep_partnership() -> None:
    from config import agreed
    from sentinel.access.partnership import keep_partners
    from sentinel.places.districts import keep_districts

    keep_districts(agreed.current().partners)
    keep_partners(agreed.current().partners)


def _say(line: str) -> None:
    """Tell the person at the terminal, if there still is one."""
    with suppress(OSError):
        click.echo(line)


def _passwords(chosen: Settings) -> dict[str, str]:
    from sentinel.core.instance.roles import password_in

    urls = {"owner": chosen.owner_database_url, "web": chosen.database_url, "worker": chosen.worker_database_url}
    return {role: password for role, url in urls.items() if (password := password_in(url))}


def _refuse(problems: Iterable[str]) -> None:
    from sentinel.core.errors import Refused

    if sentences := list(problems):
        raise Refused(" ".join(sentences))


def _forget(*names: str) -> None:
    """What belongs to another role is not for this process, whoever put it into its environment."""
    for name in names:
        if os.environ.pop(name, None):
            click.echo(f"{name} is not for this process and was put aside; leave it out of its environment.", err=True)
    settings.cache_clear()


def _sign_when(moment: object, file: Path | None) -> None:
    """Write our pid into `file` at this moment of Celery's."""
    if file:
        moment.connect(lambda **_: file.write_text(str(os.getpid())), weak=False)  # type: ignore[attr-defined]
