"""What was sent, as every view gets it."""

from collections.abc import Iterable
from typing import Any

import flask
from werkzeug.datastructures import ImmutableMultiDict

NUL = "\x00"


class Words(ImmutableMultiDict[str, Any]):
    """The fields of a form, or of an address, without NUL: no column keeps one, and PostgreSQL refuses every statement that holds one."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__((name, value.replace(NUL, "") if isinstance(value, str) else value) for name, value in _items(pairs))


class Request(flask.Request):
    """A request whose words can be kept."""

    parameter_storage_class = Words


def _items(pairs: Any) -> Iterable[tuple[str, Any]]:
    if pairs is None:
        return ()
    found: Iterable[tuple[str, Any]] = pairs.items(multi=True) if isinstance(pairs, ImmutableMultiDict) else pairs
    return found
