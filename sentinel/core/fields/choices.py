"""Answers chosen from a list. None is chosen beforehand."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from wtforms.validators import ValidationError

from sentinel.core.fields.text import SentenceField, clean


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

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Ticked or not: an unticked box sends nothing."""
        self.data = bool(valuelist)

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
