"""A real mail server and a real web server on this machine, that answer as they are told and remember what they got."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from email.parser import BytesParser
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from threading import Event, Thread
from typing import Any

from aiosmtpd.controller import Controller

SILENCE = "silence"


@dataclass
class MailServer:
    """`rcpt` and `data` are what it answers, `refused` the addresses it does not know; SILENCE after the message: it never does."""

    rcpt: str = "250 OK"
    data: str = "250 Taken as 4711"
    got: list[EmailMessage] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    url: str = ""

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        """aiosmtpd asks about each recipient."""
        if address in self.refused:
            return "550 nobody of that name here"
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """aiosmtpd hands over the message."""
        parsed: Message = BytesParser(policy=modern).parsebytes(envelope.content)
        self.got.append(parsed)  # type: ignore[arg-type]
        if self.data == SILENCE:
            await asyncio.Event().wait()
        return self.data


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A mail server at `url`."""
    handler = MailServer()
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    handler.url = f"smtp://127.0.0.1:{port}?from=sentinel@council.example"
    try:
        yield handler
    finally:
        controller.stop(no_assert=True)


@dataclass
class Receiver:
    """Answers each POST with the next of `answers` (the last one for ever); SILENCE: it never does."""

    answers: list[Any]
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""
    over: Event = field(default_factory=Event)

    def next(self) -> Any:
        """What to answer now."""
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def bodies(self) -> list[Any]:
        """What was posted, read as JSON."""
        return [json.loads(body) for _, body in self.got]


@contextmanager
def receiver(*answers: Any) -> Iterator[Receiver]:
    """A web server at `url`."""
    memory = Receiver(list(answers) or [200])

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            memory.got.append((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            answer = memory.next()
            if answer == SILENCE:
                memory.over.wait()
                return
            self.send_response(answer)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    memory.url = f"http://127.0.0.1:{server.server_port}/hook?from=sentinel"
    try:
        yield memory
    finally:
        memory.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
