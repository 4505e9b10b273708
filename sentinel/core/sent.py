"""What a form may send: no more fields than the application says, however it is written."""

from io import BytesIO
from typing import IO, Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.formparser import FormDataParser

PLAIN = "application/x-www-form-urlencoded"


class Forms(FormDataParser):
    """Werkzeug counts the parts of a form with files; this counts the fields of a plain one too, before taking them apart."""

    def parse(self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str] | None = None) -> Any:
        if mimetype == PLAIN and self.max_form_parts:
            body = stream.read()
            if body.count(b"&") >= self.max_form_parts:
                raise RequestEntityTooLarge
            stream = BytesIO(body)
        return super().parse(stream, mimetype, content_length, options)


class Sent(Request):
    """A request whose forms are bounded."""

    form_data_parser_class = Forms
