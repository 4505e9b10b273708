"""One connection, and one request that comes over it."""

import time
from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask
from waitress.utilities import BadRequest, RequestHeaderFieldsTooLarge

LONGEST_LINE = 8_190
LARGEST_BODY = 12 * 1024 * 1024  # more than any page takes; a test sees to it
IN_MEMORY = 512 * 1024

CANNOT_BE_READ = "Sentinel cannot read this request, so nothing was changed. Go back, reload the page and try again."
SENTENCES = {
    431: "The address, or what your browser sends with it, is too long. Delete the cookies of this site and sign in again.",
    500: "Something went wrong, and what you sent may not be saved. Go back, reload the page and look before you send it again.",
}


class Body(OverflowableBuffer):
    """What a request brings. More than anybody takes is counted and let go: read to its end, so that the refusal is seen."""

    def __init__(self, largest: int) -> None:
        super().__init__(IN_MEMORY)
        self.largest, self.counted = largest, 0

    def append(self, piece: bytes) -> None:
        self.counted += len(piece)
        if self.counted <= self.largest:
            super().append(piece)

    def __len__(self) -> int:
        return self.counted


class Request(HTTPRequestParser):
    """A request on its way: when it began, and how long its lines may be."""

    largest_body = LARGEST_BODY

    def __init__(self, adj: Any) -> None:
        super().__init__(adj)
        self.begun = time.time()

    def parse_header(self, header_plus: bytes) -> None:
        if max(map(len, header_plus.split(b"\r\n"))) > LONGEST_LINE:
            self.error = RequestHeaderFieldsTooLarge("")
            return
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = Body(self.largest_body)

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        frame = self.body_rcv if self.chunked else None
        if frame is not None and max(len(frame.control_line), len(frame.trailer)) > LONGEST_LINE:
            self.error, self.completed = BadRequest(""), True
        return consumed


class Refusal(ErrorTask):
    """The answer to what cannot be handed to the application: a sentence, without a word of what was sent."""

    def execute(self) -> None:
        error = self.request.error
        body = f"{SENTENCES.get(error.code, CANNOT_BE_READ)}\n".encode()
        self.status = f"{error.code} {error.reason}"
        self.response_headers += [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")]
        self.response_headers += [("Cache-Control", "no-store")]
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class Connection(HTTPChannel):
    """A line to somebody's browser, or to the proxy before it."""

    parser_class = Request
    error_task_class = Refusal

    @property
    def at_work(self) -> bool:
        """Is there a request, or an answer, that is not at its end?"""
        return bool(self.request or self.requests or self.total_outbufs_len)

    @property
    def waits(self) -> bool:
        """Is it for the other side to say something?"""
        return not (self.requests or self.total_outbufs_len or self.will_close)

    @property
    def since(self) -> float:
        """When the request that is coming in began, or the last thing happened."""
        request = self.request
        return float(request.begun if request else self.last_activity)
