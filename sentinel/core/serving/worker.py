"""A process of gunicorn's in which waitress takes the requests."""

import logging
import os
import time
from collections.abc import Iterable
from typing import Any

from gunicorn.workers.base import Worker

from sentinel.core.logging import where
from sentinel.core.serving.server import Loop

LINGER = 1.0  # seconds in which a request may already be on its way over a connection that was kept


class PatientWorker(Worker):
    """Takes requests until it is told to stop or has had its number, then ends what it began."""

    alive: bool
    loop: Loop | None = None

    def run(self) -> None:
        logging.getLogger("waitress").addFilter(_without_words)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self.loop = loop = Loop(self._answer, [each.sock for each in self.sockets], self.cfg.threads)
        while self.alive and self.ppid == os.getppid():
            self.notify()
            loop.turn()
        loop.accept_no_more()
        self._end_what_was_begun(loop, time.monotonic())
        logging.shutdown()
        os._exit(0)  # nothing is left to put in order, and taking a whole application apart for nothing takes seconds

    def handle_exit(self, sig: int, frame: Any) -> None:
        super().handle_exit(sig, frame)
        if self.loop:
            self.loop.wake()

    def _answer(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        self.nr += 1
        self.alive = self.alive and self.nr < self.max_requests
        answer: Iterable[bytes] = self.wsgi(environ, start_response)
        return answer

    def _end_what_was_begun(self, loop: Loop, stopped: float) -> None:
        while loop.connections and (passed := time.monotonic() - stopped) < self.cfg.graceful_timeout:
            if passed > LINGER and not any(each.at_work for each in loop.connections):
                return
            self.notify()
            loop.turn(0.1)


def _without_words(record: logging.LogRecord) -> bool:
    """An exception's own words may hold what somebody typed."""
    if record.exc_info and record.exc_info[1]:
        record.msg, record.args = f"{type(record.exc_info[1]).__name__} {where(record.exc_info[1])}", ()
        record.exc_info = None
    return True
