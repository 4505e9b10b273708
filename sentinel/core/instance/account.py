"""PostgreSQL will not run as root: the account it runs as instead."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sentinel.core.errors import Refused

NAME = "sentinel-db"
FALLBACK = "nobody"
CANNOT_RUN = 126


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    uid: int
    gid: int

    def owns(self, path: Path) -> None:
        """Give `path` and all in it to this account."""
        for each in (path, *path.rglob("*")):
            os.chown(each, self.uid, self.gid, follow_symlinks=False)


def run_as(account: Account | None, *command: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end as `account` (None: as ourselves). Status 126: it could not be run at all."""
    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    try:
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False, **who)  # type: ignore[call-overload]  # noqa: S603
    except OSError as error:
        return subprocess.CompletedProcess(command, CANNOT_RUN, "", error.strerror or "")


def for_database() -> Account | None:
    """None for an ordinary user, who runs the database; for root an account that can do nothing else.

    Refuses where there is no such account or root may not become another (some containers).
    """
    if os.getuid() != 0:
        return None
    entry = _find(NAME) or _add() or _find(FALLBACK)
    account = entry and Account(entry.pw_uid, entry.pw_gid)
    if account is None or run_as(account, "true").returncode != 0:
        raise Refused("PostgreSQL does not run as root, and no other account can be used here: start Sentinel as an ordinary user.")
    return account


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _add() -> pwd.struct_passwd | None:
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd is None:
        return None
    options = ("--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin")
    subprocess.run([useradd, *options, NAME], capture_output=True, check=False)  # noqa: S603
    return _find(NAME)
