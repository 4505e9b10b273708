"""Days in three boxes, and moments in the words people use."""

from datetime import date, datetime
from typing import Any

from wtforms.validators import ValidationError

from sentinel.core import clock
from sentinel.core.fields.text import WORD, SentenceField, TextField, clean
from sentinel.core.moments import NotUnderstoodError, Span, UnreadableError, month_number, real_date, understand, written


class DateField(SentenceField):
    """A day in three boxes. `data` is a date or None; `typed` keeps the boxes. `when`: "past", "future" or "" (either)."""

    def __init__(self, label: str, *, when: str = "", **options: Any) -> None:
        self.when = when
        self.data: date | None = None
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
            typed = " ".join(self.typed.values())
            raise NotUnderstoodError(f"“{typed}” is not a date. Enter a real day, month and year, such as 3 12 2026.")
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
        assert self.data
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
        super().process_data(written(value) if isinstance(value, datetime) else value)

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
            if not (self.loose and isinstance(problem, UnreadableError)):
                raise ValidationError(str(problem)) from None
