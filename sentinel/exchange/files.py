"""Reading a delivered file: CSV, plain or gzipped, in UTF-8, whole or not at all."""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from sentinel.core.errors import Refused

LARGEST_FIELD = 100_000


@dataclass(frozen=True)
class Line:
    """One row of a file: its fields, or why it could not be read as a row."""

    number: int
    fields: tuple[str, ...]
    problem: str | None = None

    @property
    def content(self) -> str:
        """The row as one line of CSV, for people to look at."""
        out = io.StringIO()
        csv.writer(out).writerow(self.fields)
        return out.getvalue().strip()


def text_of(path: Path) -> str:
    """The whole text of a file; refuses one that is missing, cut off, or not UTF-8."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise Refused(f"{path}: there is no such file.") from None
    except OSError as problem:
        raise Refused(f"{path}: the file cannot be read ({problem.strerror}).") from None
    if raw[:2] == b"\x1f\x8b":
        try:
            raw = gzip.decompress(raw)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise Refused(f"{path}: the gzip file is damaged or cut off. Download it again.") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Refused(f"{path}: the text is not UTF-8 (byte {problem.start:,}). Save it as UTF-8 and try again.") from None


def rows(path: Path, header: tuple[str, ...]) -> Iterator[Line]:
    """The rows under `header`. Refuses a file with another header; a row of another length is a problem, not a stop."""
    csv.field_size_limit(LARGEST_FIELD)
    reader = csv.reader(io.StringIO(text_of(path), newline=""))
    first = tuple(field.strip() for field in next(reader, []))
    if first != header:
        raise Refused(f"{path}: its first line must be: {', '.join(header)}. It is: {', '.join(first)[:200] or 'empty'}.")
    while True:
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as problem:
            yield Line(reader.line_num, (), f"The line cannot be read as CSV: {problem}.")
            continue
        if not fields:
            continue
        wrong = None if len(fields) == len(header) else f"The row has {len(fields)} fields instead of {len(header)}."
        yield Line(reader.line_num, tuple(fields), wrong)


def header_of(path: Path) -> tuple[str, ...]:
    """The fields of the first line."""
    return tuple(field.strip() for field in next(csv.reader(io.StringIO(text_of(path), newline="")), []))


def refuse_twins(paths: list[Path]) -> None:
    """The same file given twice would count everything twice."""
    seen: dict[bytes, Path] = {}
    for path in paths:
        digest = sha256(text_of(path).encode()).digest()
        if digest in seen:
            raise Refused(f"{path} and {seen[digest]} are the same file. Give each file once.")
        seen[digest] = path


def digest(fields: tuple[str, ...]) -> bytes:
    """What makes two rows equal."""
    return sha256("\x1f".join(fields).encode()).digest()
