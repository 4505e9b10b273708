"""What a file is, told by what it holds. The ending and the type the browser claims must agree with it."""

import io
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

import puremagic

from sentinel.core.errors import Refused

MEGABYTE = 1024 * 1024
LARGEST = 10 * MEGABYTE
MEMBERS, UNPACKED = 2_000, 100 * MEGABYTE
NAME = 120
WINDOWS_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(10))}

OTHER = "Choose a photo (JPG, PNG, HEIC), a PDF, a Word or Excel file (DOCX, XLSX), plain text, or a recording (MP3, M4A, WAV, MP4)."
NOT_WHAT_IT_SAYS = "What this file holds is not what its name says it is. Open it on your computer, save it again as {}, and choose that."
HIDES = "This file holds another file inside it. Open it on your computer, save it again, and choose that."
MACROS = "This file holds macros, which Sentinel never takes. Save it as a DOCX or XLSX without macros, and choose that."
BOMB = "This file is far larger inside than Sentinel takes. Save it again with fewer or smaller pictures."
BROKEN = "This file is damaged and cannot be opened. Choose another copy."
EMPTY = "That file is empty. Choose another."
TOO_LARGE = "That file is larger than 10 MB. Choose a smaller one, or send it in parts."

# What puremagic may recognise that has no place on a case, whatever it is called.
NEVER = {".exe", ".dll", ".elf", ".msi", ".class", ".lnk", ".swf", ".rar", ".7z", ".gz", ".bz2", ".xz", ".tar", ".cab", ".iso"}
MARKUP = (b"<html", b"<script", b"<svg", b"<!doctype", b"<?php", b"<?xml", b"<iframe", b"#!/")


@dataclass(frozen=True)
class Kind:
    """`media_type` is how it is stored and given out; `claims` what a browser may call it; `holds` looks into it."""

    words: str
    media_type: str
    claims: frozenset[str]
    holds: Callable[[bytes], bool]


def look(name: str, claimed: str, body: bytes) -> Kind:
    """The kind of a file. Refuses what is empty, too large, not on the list, not what it says, or hides something."""
    if not body:
        raise Refused(EMPTY, field="file")
    if len(body) > LARGEST:
        raise Refused(TOO_LARGE, field="file")
    kind = KINDS.get(PurePosixPath(clean_name(name)).suffix.lower())
    if kind is None:
        raise Refused(OTHER, field="file")
    if claimed.partition(";")[0].strip().lower() not in kind.claims or not kind.holds(body):
        raise Refused(NOT_WHAT_IT_SAYS.format(kind.words), field="file")
    if kind.media_type not in OFFICE and (_is_forbidden(body) or zipfile.is_zipfile(io.BytesIO(body))):
        raise Refused(HIDES, field="file")
    return kind


def clean_name(sent: str) -> str:
    """A name to show: no folders, nothing unseen or turned around, no device of Windows, at most 120 characters with its ending."""
    last = sent.replace("\\", "/").rpartition("/")[2]
    seen = "".join(letter for letter in unicodedata.normalize("NFC", last) if unicodedata.category(letter)[0] != "C")
    stem, dot, ending = " ".join(seen.split()).rstrip(". ").rpartition(".")
    if not dot:
        stem, ending = ending, ""
    stem = stem.strip(". ") or "file"
    stem = f"_{stem}" if stem.partition(".")[0].lower() in WINDOWS_DEVICES else stem
    tail = f".{ending[:10]}" if ending else ""
    return stem[: NAME - len(tail)] + tail


def _is_forbidden(body: bytes) -> bool:
    try:
        found = puremagic.magic_string(body[:8_192])
    except (puremagic.PureError, ValueError):
        return False
    return any(match.extension in NEVER and match.confidence >= 0.8 for match in found)


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda body: body.startswith(signatures)


def _pdf(body: bytes) -> bool:
    """From its first byte, and whole: what stands before or after it might be something else."""
    return body.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-") and b"%%EOF" in body[-2_048:]


def _media(*brands: bytes) -> Callable[[bytes], bool]:
    return lambda body: body[4:8] == b"ftyp" and body[8:12] in brands


def _riff(kind: bytes) -> Callable[[bytes], bool]:
    return lambda body: body.startswith(b"RIFF") and body[8:12] == kind


def _mp3(body: bytes) -> bool:
    return body.startswith(b"ID3") or (len(body) > 4 and body[0] == 0xFF and body[1] & 0xE6 == 0xE2)


def _plain(body: bytes) -> bool:
    """Words and nothing that a browser or a shell would run."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("cp1252", "replace")
    unseen = any(ord(letter) < 32 and letter not in "\t\r\n\f" for letter in text)
    return not unseen and not any(mark in body[:65_536].lower() for mark in MARKUP) and not body.startswith((b"MZ", b"%PDF", b"{\\rtf"))


def _office(main: str) -> Callable[[bytes], bool]:
    return lambda body: _opened(body, main)


def _opened(body: bytes, main: str) -> bool:
    """A sound Office file, looked through in memory; nothing is ever unpacked to disk."""
    if not body.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as parts:
            infos = parts.infolist()
            _refuse_bombs(infos)
            names = [info.filename for info in infos]
            _refuse_macros(names, parts)
            _read_through(parts, infos)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        raise Refused(BROKEN, field="file") from None
    return main in names and all(map(_harmless_name, names))


def _refuse_bombs(infos: list[zipfile.ZipInfo]) -> None:
    if len(infos) > MEMBERS or sum(info.file_size for info in infos) > UNPACKED:
        raise Refused(BOMB, field="file")


def _refuse_macros(names: list[str], parts: zipfile.ZipFile) -> None:
    lowered = [name.lower() for name in names]
    marked = any("vbaproject" in name or "macrosheets/" in name or "activex/" in name for name in lowered)
    if "[Content_Types].xml" not in names:
        return
    with parts.open("[Content_Types].xml") as types:
        if marked or b"macroenabled" in types.read(MEGABYTE).lower():
            raise Refused(MACROS, field="file")


def _read_through(parts: zipfile.ZipFile, infos: list[zipfile.ZipInfo]) -> None:
    """Count what really comes out: a directory may lie."""
    total = 0
    for info in infos:
        with parts.open(info) as member:
            while piece := member.read(256 * 1024):
                total += len(piece)
                if total > UNPACKED:
                    raise Refused(BOMB, field="file")


def _harmless_name(name: str) -> bool:
    parts = PurePosixPath(name.replace("\\", "/"))
    return not (parts.is_absolute() or ".." in parts.parts or ":" in name or "\0" in name)


def _kind(words: str, media_type: str, holds: Callable[[bytes], bool], *claims: str) -> Kind:
    return Kind(words, media_type, frozenset({"", "application/octet-stream", media_type, *claims}), holds)


_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OFFICE = (_WORD, _EXCEL)
_JPEG = _kind("a JPG picture", "image/jpeg", _starts(b"\xff\xd8\xff"), "image/jpg", "image/pjpeg")

KINDS = {
    ".jpg": _JPEG,
    ".jpeg": _JPEG,
    ".png": _kind("a PNG picture", "image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    ".heic": _kind("a HEIC picture", "image/heic", _media(b"heic", b"heix", b"mif1"), "image/heif"),
    ".pdf": _kind("a PDF", "application/pdf", _pdf),
    ".docx": _kind("a Word file (DOCX)", _WORD, _office("word/document.xml")),
    ".xlsx": _kind("an Excel file (XLSX)", _EXCEL, _office("xl/workbook.xml")),
    ".txt": _kind("plain text", "text/plain", _plain),
    ".mp3": _kind("an MP3 recording", "audio/mpeg", _mp3, "audio/mp3"),
    ".m4a": _kind("an M4A recording", "audio/mp4", _media(b"M4A ", b"mp42", b"isom"), "audio/x-m4a", "audio/m4a"),
    ".wav": _kind("a WAV recording", "audio/wav", _riff(b"WAVE"), "audio/x-wav", "audio/wave", "audio/vnd.wave"),
    ".mp4": _kind("an MP4 video", "video/mp4", _media(b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV")),
}
