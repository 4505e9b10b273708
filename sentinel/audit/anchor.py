"""The anchor: a line for every seal, kept outside the database, so that cutting off the record's end is seen.

A line: number, entries, chain in hex, signature in base64. Only ever appended to; a line that a crash left half is cut away.
"""

import base64
import binascii
import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sentinel.core.errors import Refused

FILE = "anchor.log"


@dataclass(frozen=True)
class Anchored:
    """What the anchor says of one seal."""

    n: int
    entries: int
    chain: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{self.n} {self.entries} {self.chain.hex()} {base64.b64encode(self.signature).decode()}"


def folder_of(data: Path) -> Path:
    """Where an installation keeps its anchor and public keys."""
    return data / "audit"


def read(file: Path) -> Iterator[Anchored]:
    """The lines of an anchor, in order. Refuses one that cannot be read."""
    with file.open() as lines:
        for number, line in enumerate(lines, start=1):
            if not line.endswith("\n"):
                return  # half a line: the sealer cuts it away and writes it again
            yield _understood(line, f"{file}, line {number}")


@contextmanager
def held(folder: Path) -> Iterator[tuple[IO[bytes], int]]:
    """The anchor, to append to, with the number of its last seal. One at a time on a machine; half a line is cut away."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file, _last(file)


def append(file: IO[bytes], lines: Iterable[Anchored]) -> None:
    """Append, and wait for the disk."""
    for line in lines:
        file.write(f"{line}\n".encode())
    file.flush()
    os.fsync(file.fileno())


def _last(file: IO[bytes]) -> int:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - 4096))
    tail = file.read()
    whole, _, half = tail.rpartition(b"\n")
    if half:
        file.truncate(end - len(half))
    last = whole.rpartition(b"\n")[2].decode()
    return _understood(last, "The last line of the anchor").n if last else 0


def _understood(line: str, where: str) -> Anchored:
    try:
        n, entries, chain, signature = line.split()
        return Anchored(int(n), int(entries), bytes.fromhex(chain), base64.b64decode(signature, validate=True))
    except (ValueError, binascii.Error) as error:
        raise Refused(f"{where} is no line of an anchor: it should be number, entries, chain and signature.") from error
