"""The folder of one embedded system, and the lock that keeps a second one out of it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO

from sentinel.core.errors import Refused

SHORT = Path("/tmp")  # noqa: S108  a socket's whole path has at most 107 bytes; the folder made in it is private


@dataclass(frozen=True)
class Place:
    """Where one embedded system keeps its things."""

    data: Path

    @classmethod
    def at(cls, data: Path) -> "Place":
        """The place at `data`, whatever the present folder."""
        return cls(data.expanduser().resolve())

    @property
    def keys(self) -> Path:
        return self.data / "secrets.json"

    @property
    def broker(self) -> Path:
        return self.data / "broker"

    @property
    def logs(self) -> Path:
        return self.data / "log"

    @property
    def run(self) -> Path:
        return self.data / "run"

    @property
    def running(self) -> Path:
        return self.run / "address"

    @property
    def lock(self) -> Path:
        return self.data / "lock"

    @property
    def sockets(self) -> Path:
        """A short path: data folders are often too deep for a socket."""
        digest = sha256(f"{os.getuid()}:{self.data}".encode()).hexdigest()
        return SHORT / f".sentinel-{digest[:12]}"

    @property
    def exists(self) -> bool:
        """Has a system ever been started here?"""
        return self.keys.exists()

    def make(self) -> None:
        """Make the folders. Refuses a folder that cannot be written to."""
        try:
            # Root hands the database to another account, which must be able to pass through.
            self.data.mkdir(mode=0o711 if os.getuid() == 0 else 0o700, parents=True, exist_ok=True)
            for folder in (self.broker, self.logs, self.run):
                folder.mkdir(mode=0o700, exist_ok=True)
            with self.lock.open("a"):
                pass
        except OSError as error:
            raise Refused(f"Sentinel cannot write to {self.data} ({error.strerror}). Choose another folder with --data.") from error

    @contextmanager
    def claim(self) -> Iterator[bool]:
        """Hold this place while inside, if nobody else does; the system itself lets go when a process dies."""
        with self.lock.open("a") as handle:
            held = _try_lock(handle)
            yield held

    def announce(self, port: int) -> None:
        """Tell other commands that this system is up."""
        self.running.write_text(json.dumps({"pid": os.getpid(), "port": port}))

    def withdraw(self) -> None:
        """Tell them that it no longer is."""
        self.running.unlink(missing_ok=True)

    def tidy(self) -> None:
        """Leave nothing in the machine's common folder once everything has stopped."""
        shutil.rmtree(self.sockets, ignore_errors=True)

    def port(self) -> int | None:
        """The port of the system that announced itself here."""
        try:
            return int(json.loads(self.running.read_text())["port"])
        except (OSError, ValueError, KeyError):
            return None


def _try_lock(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
