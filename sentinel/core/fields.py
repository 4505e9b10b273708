"""Form fields in the house's manner: every refusal is a sentence that says what to do, and what was typed stays as it was typed.

`required` is the sentence shown when nothing was entered; without it a field may be left empty. `hint` stands under the label.
Rendering: templates/components/fields.html.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_wtf.file import FileField as UploadedFile
from wtforms import Field
from wtforms.validators import StopValidation, ValidationError

from sentinel.core import clock
from sentinel.core.moments import NotUnderstoodError, Span, month_number, real_date, understand

WORD, SHORT, LINE, PROSE = 40, 200, 500, 10_000
_UNKEEPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_POSTCODE = re.compile(r"([A-Z]{1,2}[0-9][A-Z0-9]?)([0-9][A-Z]{2})")
MEGABYTE = 1024 * 1024


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
            raise StopValidation()
        if self.is_empty():
            raise StopValidation(self.required or None)
        self.check()

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


class PostcodeField(TextField):
    """A whole UK postcode, kept as LE3 3KM however it was typed. Whether it exists is the gazetteer's question."""

    def __init__(self, label: str = "Postcode", **options: Any) -> None:
        super().__init__(label, max_length=WORD, **options)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Upper case with one space; what is no postcode stays as typed."""
        super().process_formdata(valuelist)
        compact = re.sub(r"[^A-Z0-9]", "", unicodedata.normalize("NFKC", self.data or "").upper())
        if found := _POSTCODE.fullmatch(compact):
            self.data = f"{found[1]} {found[2]}"

    def check(self) -> None:
        """The shape of a postcode."""
        super().check()
        if not _POSTCODE.fullmatch(self.data.replace(" ", "")):
            raise ValidationError(f"“{self.data}” is not a whole postcode. Enter it like LE3 3KM, or leave it empty and describe the place.")


class PhoneField(TextField):
    """A telephone number. `data` is what was typed; `e164` is what equal numbers share, "" when there is none."""

    def __init__(self, label: str = "Phone", **options: Any) -> None:
        super().__init__(label, max_length=WORD, **options)

    @property
    def e164(self) -> str:
        """+447700900318 for "07700 900 318"; UK numbers may be written without their country."""
        number = self._parsed()
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if number else ""

    def _parsed(self) -> phonenumbers.PhoneNumber | None:
        try:
            number = phonenumbers.parse(self.data, "GB")
        except phonenumbers.NumberParseException:
            return None
        return number if phonenumbers.is_possible_number(number) else None

    def check(self) -> None:
        """A number that a telephone could ring."""
        super().check()
        if self._parsed() is None:
            raise ValidationError(f"“{self.data}” is not a telephone number. Check it with them: it has 10 or 11 digits, like 0116 496 0142.")


class EmailField(TextField):
    """An e-mail address by its form; nothing is looked up."""

    def __init__(self, label: str = "E-mail address", **options: Any) -> None:
        super().__init__(label, **options)

    def check(self) -> None:
        """The form of an address."""
        super().check()
        try:
            validate_email(self.data, check_deliverability=False)
        except EmailNotValidError:
            raise ValidationError(f"“{self.data}” is not an e-mail address. Enter it like name@example.org.") from None


class Option(NamedTuple):
    """One answer of a radio, checkbox or select field. `note` is small and in brackets, such as its points."""

    value: str
    label: str
    hint: str = ""
    note: str = ""


class _Choices(SentenceField):
    """Answers from a list. `options` may be set after the form is made (officers of a team)."""

    def __init__(self, label: str, options: Iterable[Option | tuple[str, ...]] = (), **rest: Any) -> None:
        super().__init__(label, **rest)
        self.options = options

    @property
    def options(self) -> list[Option]:
        """The answers offered."""
        return self._options

    @options.setter
    def options(self, options: Iterable[Option | tuple[str, ...]]) -> None:
        self._options = [Option(*(str(part) for part in option)) for option in options]

    def chosen(self) -> list[str]:
        """The values chosen."""
        return [self.data] if self.data else []

    def is_chosen(self, value: str) -> bool:
        """Is this answer chosen?"""
        return value in self.chosen()

    def check(self) -> None:
        """Only answers that were offered."""
        if not {option.value for option in self.options}.issuperset(self.chosen()):
            raise ValidationError("That answer is not one of those offered. Choose again.")

    def spoken(self) -> str:
        """The labels chosen."""
        return ", ".join(option.label for option in self.options if self.is_chosen(option.value))


class RadiosField(_Choices):
    """One answer, none chosen beforehand. `data` is its value, or None."""

    def process_data(self, value: Any) -> None:
        """A stored answer."""
        self.data = None if value is None else str(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The answer given, if one was."""
        self.data = (valuelist and clean(str(valuelist[0]))) or None


class SelectField(RadiosField):
    """One answer from a long list; `empty` is what the list says before one is chosen."""

    def __init__(self, label: str, options: Iterable[Option | tuple[str, ...]] = (), *, empty: str = "Choose", **rest: Any) -> None:
        super().__init__(label, options, **rest)
        self.empty = empty


class ChecksField(_Choices):
    """Any number of answers. `data` is the list of their values. `none_of` is the value that excludes the others."""

    def __init__(self, label: str, options: Iterable[Option | tuple[str, ...]] = (), *, none_of: Sequence[str] = (), **rest: Any) -> None:
        super().__init__(label, options, **rest)
        self.none_of = none_of

    def process_data(self, value: Any) -> None:
        """Stored answers."""
        self.data = [str(part) for part in value or []]

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The answers ticked, each once; none ticked sends nothing."""
        self.data = list(dict.fromkeys(clean(str(value)) for value in valuelist))

    def process(self, formdata: Any, *args: Any, **options: Any) -> None:
        """As every field, but silence in a form that was sent means that none is ticked."""
        super().process(formdata, *args, **options)
        if formdata is not None and self.name not in formdata:
            self.data = []

    def chosen(self) -> list[str]:
        """The values ticked."""
        return list(self.data)

    def check(self) -> None:
        """Only answers offered, and no "none of these" beside another."""
        super().check()
        excluding = [option.label for option in self.options if option.value in self.none_of and self.is_chosen(option.value)]
        if excluding and len(self.data) > 1:
            raise ValidationError(f"“{excluding[0]}” stands with another answer. Untick one of them.")


class TickField(SentenceField):
    """A single box: "This is the caller's home". `data` is True or False."""

    def process_data(self, value: Any) -> None:
        """A stored answer."""
        self.data = bool(value)

    def process(self, formdata: Any, *args: Any, **options: Any) -> None:
        """As every field, but silence in a form that was sent means unticked."""
        super().process(formdata, *args, **options)
        if formdata is not None:
            self.data = bool(formdata.get(self.name))

    def spoken(self) -> str:
        """Yes or No."""
        return "Yes" if self.data else "No"


class YesNoField(RadiosField):
    """Yes, no, or not asked: left empty, `data` is "not_asked", which is not the same as no."""

    def __init__(self, label: str, *, yes: str = "Yes", no: str = "No", **rest: Any) -> None:
        super().__init__(label, [("yes", yes), ("no", no)], **rest)

    def process_data(self, value: Any) -> None:
        """A stored answer; none is "not_asked"."""
        self.data = value or "not_asked"

    def process_formdata(self, valuelist: list[Any]) -> None:
        """The answer given, if one was."""
        self.data = (valuelist and clean(str(valuelist[0]))) or "not_asked"

    def is_empty(self) -> bool:
        """Nothing was chosen."""
        return bool(self.data == "not_asked")

    def spoken(self) -> str:
        """Yes, No or Not asked."""
        return super().spoken() or "Not asked"


class DateField(SentenceField):
    """A day in three boxes. `data` is a date or None; `typed` keeps the boxes. `when`: "past", "future" or "" (either)."""

    def __init__(self, label: str, *, when: str = "", **options: Any) -> None:
        self.when = when
        self.typed = {"day": "", "month": "", "year": ""}
        super().__init__(label, **options)

    def process_data(self, value: date | None) -> None:
        """A stored date."""
        self.data = value
        if value:
            self.typed = {"day": str(value.day), "month": str(value.month), "year": str(value.year)}

    def process(self, formdata: Any, *args: Any, **options: Any) -> None:
        """From `name-day`, `name-month` and `name-year`."""
        super().process(None, *args, **options)
        if formdata is None or not any(f"{self.name}-{part}" in formdata for part in self.typed):
            return
        self.typed = {part: clean(str(formdata.get(f"{self.name}-{part}", "")))[:WORD] for part in self.typed}
        self.data = None
        try:
            self.data = self._read()
        except NotUnderstoodError as problem:
            self.process_errors = [str(problem)]

    def _read(self) -> date | None:
        missing = [part for part, text in self.typed.items() if not text]
        if len(missing) == 3:
            return None
        if missing:
            raise NotUnderstoodError(f"Enter the {' and the '.join(missing)} too: a whole date, such as 3 12 2026.")
        day, month, year = self.typed["day"], month_number(self.typed["month"]), self.typed["year"]
        if not (day.isdecimal() and len(day) <= 2 and month and month < 100):
            raise NotUnderstoodError(f"“{' '.join(self.typed.values())}” is not a date. Enter a real day, month and year, such as 3 12 2026.")
        if not (year.isdecimal() and len(year) == 4):
            raise NotUnderstoodError("Enter the year in four figures, such as 2026.")
        return real_date(int(year), month, int(day))

    @property
    def wrong_parts(self) -> list[str]:
        """The boxes to mark: those left empty, or all three."""
        missing = [part for part, text in self.typed.items() if not text]
        return missing if 0 < len(missing) < 3 else list(self.typed)

    @property
    def focus_id(self) -> str:
        """The first box to mend."""
        return f"{self.id}-{self.wrong_parts[0]}"

    def check(self) -> None:
        """On the right side of today."""
        today = clock.today()
        if self.when == "past" and self.data > today:
            raise ValidationError(f"{self.spoken()} is still to come. Enter a date that has been.")
        if self.when == "future" and self.data < today:
            raise ValidationError(f"{self.spoken()} has passed. Enter today or a later date.")

    def spoken(self) -> str:
        """ "3 December 2026"."""
        return f"{self.data.day} {self.data:%B %Y}" if self.data else ""


class MomentField(TextField):
    """A time in words ("today 6:30am", "yesterday evening"). `data` is what was typed, `span` what it means, or None.

    `future` asks for a time to come. With `loose`, words that are no time are kept as words instead of refused.
    """

    span: Span | None = None

    def __init__(self, label: str, *, future: bool = False, loose: bool = False, **options: Any) -> None:
        super().__init__(label, **options)
        self.future = future
        self.loose = loose

    def process_data(self, value: datetime | str | None) -> None:
        """A stored moment, written so that it is read back the same."""
        super().process_data(f"{clock.london(value):%d/%m/%Y %H:%M}" if isinstance(value, datetime) else value)

    @property
    def at(self) -> datetime | None:
        """The moment, or where its span begins."""
        return self.span.start if self.span else None

    @property
    def understood(self) -> str:
        """ "Understood as Wednesday 2 December 2026, 6:30am", to stand under the box; "" when nothing was understood."""
        span = self.span or self._try()
        return f"Understood as {span.words}" if span else ""

    def _try(self) -> Span | None:
        try:
            return understand(self.data, clock.now(), future=self.future) if not self.is_empty() else None
        except NotUnderstoodError:
            return None

    def check(self) -> None:
        """A moment that can be, on the right side of now."""
        super().check()
        try:
            self.span = understand(self.data, clock.now(), future=self.future)
        except NotUnderstoodError as problem:
            if not (self.loose and problem.unreadable):
                raise ValidationError(str(problem)) from None


class FileField(UploadedFile):
    """One file. `kinds` are endings without a dot; `max_mb` its largest size. `data` is the upload, or None."""

    def __init__(self, label: str, *, kinds: Sequence[str], max_mb: int = 20, required: str = "", hint: str = "") -> None:
        super().__init__(label, description=hint)
        self.required = required
        self.kinds = tuple(kind.lower() for kind in kinds)
        self.max_mb = max_mb

    def pre_validate(self, form: Any) -> None:
        """One of the kinds, not empty, not too large."""
        if not self.data:
            raise StopValidation(self.required or None)
        size = self.data.stream.seek(0, 2)
        self.data.stream.seek(0)
        if not self.data.filename.lower().endswith(tuple(f".{kind}" for kind in self.kinds)):
            raise ValidationError(f"Choose a file that ends in {' or '.join('.' + kind for kind in self.kinds)}.")
        if not size:
            raise ValidationError("That file is empty. Choose another.")
        if size > self.max_mb * MEGABYTE:
            raise ValidationError(f"That file is {size / MEGABYTE:.1f} MB. Choose one of {self.max_mb} MB or less.")
