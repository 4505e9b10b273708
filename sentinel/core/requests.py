"""What was sent, as every view gets it: words that can be kept, and no more fields than the application says."""

from collections.abc import Iterable
from io import BytesIO
from typing import IO, Any

import flask
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

NUL = "\x00"
PLAIN = "application/x-www-form-urlencoded"


class Words(ImmutableMultiDict[str, Any]):
    """The fields of a form, or of an address, without NUL: no column keeps one, and PostgreSQL refuses every statement that holds one."""

    def __init__(self, pairs: Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__((name, value.replace(NUL, "") if isinstance(value, str) else value) for name, value in _items(pairs))


class Forms(FormDataParser):
    """Werkzeug counts the parts of a form with files; this counts the fields of a plain one too, before taking them apart."""

    def parse(self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None) -> Any:
        if mimetype == PLAIN and self.max_form_parts:
            body = stream.read()
            if body.count(b"&") >= self.max_form_parts:
                raise RequestEntityTooLarge
            stream = BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class Request(flask.Request):
    """A request whose words can be kept and whose forms are bounded."""

    parameter_storage_class = Words
    form_data_parser_class = Forms


def _items(pairs: Any) -> Iterable[tuple[str, Any]]:
    if pairs is None:
        return ()
    found: Iterable[tuple[str, Any]] = pairs.items(multi=True) if isinstance(pairs, ImmutableMultiDict) else pairs
    return found
