"""What every file of standards is held to: no unknown key, the right types, no duplicates, known names only."""

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from string import Formatter
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic import Strict as Strictness

T = TypeVar("T")


class Strict(BaseModel):
    """Frozen; refuses unknown keys and values of the wrong type."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Agreed(Strict):
    """What stands at the head of every file: which version, from when, on whose authority."""

    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z.-]{1,20}$")]
    effective_from: date
    source: "Words"


def _written(value: str) -> str:
    if not value.strip() or value != value.strip():
        raise ValueError("Write some words here, without spaces before or after them.")
    return value


def named(names: Collection[str]) -> AfterValidator:
    """The value has to be one of `names`."""

    def check(value: str) -> str:
        if value not in names:
            raise ValueError(f"'{value}' is not known here. Use one of: {', '.join(names)}.")
        return value

    return AfterValidator(check)


def once_each(field: str) -> AfterValidator:
    """No two entries of a list may have the same `field`."""

    def check(items: tuple[T, ...]) -> tuple[T, ...]:
        refuse_twice(getattr(item, field) for item in items)
        return items

    return AfterValidator(check)


def refuse_twice(keys: Iterable[str]) -> None:
    """ValueError naming every key that stands more than once."""
    if twice := [f"'{key}'" for key, n in Counter(keys).items() if n > 1]:
        raise ValueError(f"{', '.join(twice)} stands more than once. Keep one.")


def in_turn(first: date | None, last: date | None) -> None:
    """ValueError when a period ends before it begins."""
    if first and last and last < first:
        raise ValueError(f"The last day, {last}, is before the first, {first}.")


def with_gaps(*gaps: str) -> AfterValidator:
    """Words in which only these gaps, written {like_this}, are filled in later."""

    def check(value: str) -> str:
        try:
            found = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
        except ValueError:
            raise ValueError("A { or } stands alone. Write gaps like {by}.") from None
        if unknown := found - set(gaps):
            raise ValueError(f"Nothing fills the gap {{{min(unknown)}}}. Use: {', '.join(f'{{{gap}}}' for gap in gaps)}.")
        return value

    return AfterValidator(check)


def pick(items: Iterable[T], field: str, wanted: str) -> T:
    """The entry whose `field` is `wanted`, or KeyError."""
    for item in items:
        if getattr(item, field) == wanted:
            return item
    raise KeyError(wanted)


Words = Annotated[str, AfterValidator(_written)]
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")]
Many = Annotated[tuple[T, ...], Strictness(False)]
Some = Annotated[tuple[T, ...], Strictness(False), Field(min_length=1)]
Agreed.model_rebuild()
