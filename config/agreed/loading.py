"""Reading a directory of standards and saying, in sentences, everything that is wrong with it."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.agreed.access import Access
from config.agreed.base import Agreed, Strict
from config.agreed.catalogue import Categories, Outcomes, Scripts
from config.agreed.contact import Contact
from config.agreed.partnership import Partners, Routing
from config.agreed.powers import Powers
from config.agreed.reviews import Reviews
from config.agreed.risk import Risk
from config.agreed.supervision import Supervision
from config.agreed.survey import Survey
from config.agreed.triggers import Triggers


class Standards(Strict):
    """Everything the partnership agreed, as it stands in one directory."""

    contact: Contact
    risk: Risk
    triggers: Triggers
    routing: Routing
    powers: Powers
    categories: Categories
    outcomes: Outcomes
    partners: Partners
    scripts: Scripts
    access: Access
    reviews: Reviews
    supervision: Supervision
    survey: Survey


class Problem(NamedTuple):
    """One thing that is wrong: in which file, at which key, and what to do."""

    file: str
    key: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.sentence}" if self.key else f"{self.file}: {self.sentence}"


class StandardsWrong(Exception):
    """The standards cannot be used; `problems` says why."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


def read(directory: Path) -> tuple[Standards | None, tuple[Problem, ...]]:
    """The standards of a directory, or None with everything that is wrong."""
    problems: list[Problem] = list(_strangers(directory))
    parts: dict[str, Agreed] = {}
    for name, field in Standards.model_fields.items():
        part = _file(directory / f"{name}.toml", field.annotation, problems)
        if part:
            parts[name] = part
    problems += _across(parts)
    return (None, tuple(problems)) if problems else (Standards.model_validate(parts), ())


def _strangers(directory: Path) -> Iterator[Problem]:
    for path in sorted(directory.glob("*.toml")):
        if path.stem not in Standards.model_fields:
            yield Problem(path.name, "", f"This file is not read. Use one of: {', '.join(Standards.model_fields)}.")


def _file(path: Path, model: Any, problems: list[Problem]) -> Agreed | None:
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        return model.model_validate(raw)
    except FileNotFoundError:
        problems.append(Problem(path.name, "", "This file is missing. Put it back."))
    except UnicodeDecodeError:
        problems.append(Problem(path.name, "", "This file is not UTF-8 text. Save it as UTF-8."))
    except tomllib.TOMLDecodeError as error:
        problems.append(Problem(path.name, "", f"This cannot be read as TOML. {error}."))
    except ValidationError as error:
        problems += (Problem(path.name, _address(raw, one["loc"]), _sentence(one)) for one in _causes(error.errors()))
    return None


def _causes(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without the lists that are only empty because what stands in them is wrong."""
    return [
        one
        for one in errors
        if one["type"] != "too_short" or not any(other["loc"][: len(one["loc"])] == one["loc"] for other in errors if other is not one)
    ]


def _address(raw: Any, where: Iterable[int | str]) -> str:
    """`promise[first_contact].medium` rather than `promise.3.medium`: the entry by its own name where it has one."""
    address = ""
    for part in where:
        if part == "[key]":
            continue
        inside = _inside(raw, part)
        if isinstance(part, int):
            address += f"[{_own_name(inside) or part + 1}]"
        else:
            address += f".{part}" if address else str(part)
        raw = inside
    return address


def _inside(raw: Any, part: int | str) -> Any:
    try:
        return raw[part]
    except (KeyError, IndexError, TypeError):
        return None


def _own_name(entry: Any) -> Any:
    names = (entry.get(name) for name in ("key", "slug", "kind", "value", "level", "step", "partner")) if isinstance(entry, Mapping) else ()
    return next((name for name in names if name), None)


def _sentence(error: ErrorDetails) -> str:
    given, limits = error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "This is missing. Write it in."
        case "extra_forbidden":
            return "This key is not known here. Check its spelling, or take it out."
        case "value_error":
            return str(limits["error"])
        case "greater_than_equal":
            return f"This must be {limits['ge']} or more, not {given}."
        case "less_than_equal":
            return f"This must be {limits['le']} or less, not {given}."
        case "too_short":
            return "This list is empty. Give at least one."
        case "string_pattern_mismatch":
            return f"'{given}' is not written as it should be: it must match {limits['pattern']}."
        case "date_type":
            return f"Write a date without quotation marks, such as 2026-04-01, not {given!r}."
        case _:
            return f"{error['msg']}, not {given!r}."


def _across(parts: Mapping[str, Any]) -> Iterator[Problem]:
    """What one file says about another, for the files that could be read."""
    partners, powers, categories, routing = (parts.get(name) for name in ("partners", "powers", "categories", "routing"))
    if partners and powers:
        known = {power.key for power in powers.power}
        for partner in partners.partner:
            for key in sorted(set(partner.powers) - known):
                yield Problem("partners.toml", f"partner[{partner.slug}].powers", f"'{key}' is no power of powers.toml.")
    if partners and (reviews := parts.get("reviews")):
        for one in reviews.authority:
            if one.partner not in {partner.slug for partner in partners.partner}:
                yield Problem("reviews.toml", f"authority[{one.partner}]", f"'{one.partner}' is no partner of partners.toml.")
    if routing and partners:
        yield from _routes(routing, partners)
    if routing and categories:
        for key in sorted(set(routing.category) - {category.key for category in categories.category}):
            yield Problem("routing.toml", f"category.{key}", "This is no category of categories.toml.")


def _routes(routing: Routing, partners: Partners) -> Iterator[Problem]:
    kinds = {"landlord": ("landlord",), "district": ("district", "unitary")}
    for table in ("landlord", "district", "category", "system"):
        for key, team in getattr(routing, table).items():
            if team not in partners.teams:
                yield Problem("routing.toml", f"{table}.{key}", f"'{team}' is no team of partners.toml.")
            if table in kinds and key not in {one.slug for one in partners.partner if one.kind in kinds[table]}:
                yield Problem("routing.toml", f"{table}.{key}", f"'{key}' is no {table} of partners.toml.")
