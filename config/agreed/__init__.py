"""The standards the partnership agreed: `config/standards/*.toml`, read once and held to strict types."""

from functools import cache
from pathlib import Path

from config.agreed.loading import Problem, Standards, StandardsWrong, read
from config.agreed.names import CONDITIONS, KINDS, KLASSES, LEVELS
from config.settings import settings

__all__ = ["CONDITIONS", "KINDS", "KLASSES", "LEVELS", "Problem", "Standards", "StandardsWrong", "check", "current", "load"]


@cache
def load(directory: Path) -> Standards:
    """The standards in `directory`, read once per process; StandardsWrong lists every problem."""
    standards, problems = read(directory)
    if standards is None:
        raise StandardsWrong(problems)
    return standards


def check(directory: Path) -> tuple[Problem, ...]:
    """Everything wrong with the standards in `directory`; nothing when they can be used."""
    return read(directory)[1]


def current() -> Standards:
    """The standards of this installation."""
    return load(settings().standards_dir)
