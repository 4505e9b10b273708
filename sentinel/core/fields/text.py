"""What every field does, and text in one line or several."""

import re
import unicodedata
from typing import Any

from wtforms import Field
from wtforms.validators import StopValidation, ValidationError

WORD, SHORT, LINE, PROSE = 40, 200, 500, 10_000
_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """What was typed, composed (NFC), without what nobody sees and no database keeps: NUL, half characters, control characters."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", _UNKEEPABLE.sub("", lines)).strip()


def is_blank(text: str) -> bool:
    """Nothing in it that a reader would see."""
    return not any(c.isprintable() and not c.isspace() for c in text)


class SentenceField(Field):
    """A field that explains itself: `required` and `hint` as sentences, labels for the summary."""

    def __init__(self, label: str, *, required: str = "", hint: str = "", **options: Any) -> None:
        super().__init__(label, description=hint, **options)
        self.required = required

    @property
    def focus_id(self) -> str:
        """Where the error summary leads."""
        return str(self.id)

    def is_empty(self) -> bool:
        """Was nothing entered?"""
        return not self.data

    def pre_validate(self, form: Any) -> None:
        """Say the `required` sentence when nothing was entered; a process error has been said already."""
        if self.process_errors:
            raise StopValidation
        if not self.is_empty():
            self.check()
        elif self.required:
            raise StopValidation(self.required)

    def check(self) -> None:
        """What else this kind of field asks of an answer; raises ValidationError."""

    def spoken(self) -> str:
        """The answer as a reader sees it (conflict pages, cards)."""
        return str(self.data or "")


class TextField(SentenceField):
    """One line. `data` is always text, cleaned, "" when empty. Nothing is cut off: too long is refused with both numbers."""

    def __init__(self, label: str, *, max_length: int = SHORT, too_long: str = "Shorten it.", **options: Any) -> None:
        super().__init__(label, **options)
        self.max_length = max_length
        self.too_long = too_long

    def process_data(self, value: Any) -> None:
        """A stored value; nothing stored is empty text."""
        self.data = "" if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """What was typed, cleaned, on one line."""
        if valuelist:
            self.data = " ".join(clean(str(valuelist[0])).replace("\t", " ").splitlines())

    def is_empty(self) -> bool:
        """Only invisible characters count as nothing."""
        return is_blank(self.data)

    def check(self) -> None:
        """No longer than it may be."""
        if len(self.data) > self.max_length:
            allowed = f"{self.label.text.rstrip(' *')} must be {self.max_length:,} characters or fewer."
            raise ValidationError(f"{allowed} You typed {len(self.data):,}. {self.too_long}")

    def _value(self) -> str:
        return str(self.data)


class AreaField(TextField):
    """Several lines, at most `max_length` characters after cleaning."""

    def __init__(self, label: str, *, max_length: int = PROSE, rows: int = 4, **options: Any) -> None:
        super().__init__(label, max_length=max_length, **options)
        self.rows = rows

    def process_formdata(self, valuelist: list[Any]) -> None:
        """What was typed, cleaned, line by line."""
        if valuelist:
            self.data = clean(str(valuelist[0]))
