"""How requests are taken from the network, with a small application and without a database: real sockets, our own turns of the loop."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from flask import Flask, Response, request
from waitress.parser import HTTPRequestParser

from sentinel.core.serving import incoming
from sentinel.core.serving.server import LONGEST_REQUEST, Loop, Server

LEFT = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n"


@pytest.fixture
def loop() -> Iterator[Loop]:
    app = Flask("small")
    app.add_url_rule("/", "size", lambda: Response(str(len(request.get_data()))), methods=["POST"])
    app.config["MAX_CONTENT_LENGTH"] = 100
    with socket.create_server(("127.0.0.1", 0)) as listener:
        loop = Loop(app, [listener], threads=1)
        yield loop
        for connection in loop.connections:
            connection.handle_close()
        loop.servers[0].task_dispatcher.shutdown()
        loop.servers[0].close()


@pytest.fixture
def dial(loop: Loop) -> Iterator[Callable[[bytes], socket.socket]]:
    """Open a line, say this much, and see that the server has it."""
    with ExitStack() as stack:

        def say(words: bytes) -> socket.socket:
            line = stack.enter_context(socket.create_connection(loop.servers[0].socket.getsockname(), timeout=20))
            line.sendall(words)
            turn_until(loop, lambda: line.getsockname() in [each.addr for each in loop.connections if each.request or not words])
            return line

        yield say


def turn_until(loop: Loop, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        loop.turn(0.01)


def told(loop: Loop, line: socket.socket) -> bytes:
    """What is answered."""
    line.setblocking(False)
    heard = b""

    def comes() -> bool:
        nonlocal heard
        try:
            heard += line.recv(65_536)
        except BlockingIOError:
            return False
        return b"\r\n\r\n" in heard

    turn_until(loop, comes)
    return heard


def test_a_request_that_comes_in_pieces_is_answered_once_it_is_whole(loop: Loop, dial: Callable[[bytes], socket.socket]) -> None:
    line = dial(LEFT + b"1234")
    assert not loop.connections[0].requests
    line.sendall(b"56789")
    assert told(loop, line).endswith(b"\r\n\r\n9")


def test_whoever_kept_a_full_house_waiting_longest_makes_room(loop: Loop, dial: Callable[[bytes], socket.socket], monkeypatch) -> None:
    monkeypatch.setattr(Server, "most", 2)
    first, second = dial(LEFT), dial(LEFT)
    third = dial(LEFT)
    turn_until(loop, lambda: len(loop.connections) == 2)
    assert first.recv(1) == b""
    for line in (second, third):
        line.sendall(b"123456789")
        assert b" 200 " in told(loop, line)


def test_a_request_that_drips_is_given_up_in_the_end(loop: Loop, dial: Callable[[bytes], socket.socket]) -> None:
    dial(LEFT)
    for late, left in ((LONGEST_REQUEST - 1, 1), (LONGEST_REQUEST + 1, 0)):
        connection = loop.servers[0].active_channels and next(iter(loop.connections))
        connection.last_activity = time.time() + late  # it never fell silent
        loop.servers[0].maintenance(time.time() + late)
        loop.turn(0)
        assert len(loop.connections) == left


def test_what_is_thrown_away_is_counted(monkeypatch, loop: Loop, dial: Callable[[bytes], socket.socket]) -> None:
    monkeypatch.setattr(incoming.Request, "largest_body", 200)
    line = dial(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n96\r\n" + b"a" * 150 + b"\r\n")
    line.sendall(b"96\r\n" + b"a" * 150 + b"\r\n")
    turn_until(loop, lambda: len(loop.connections[0].request.body_rcv) == 300)
    assert loop.connections[0].request.body_rcv.buf.getfile().read() == b"a" * 150
    line.sendall(b"0\r\n\r\n")
    assert b" 413 " in told(loop, line)


@pytest.mark.parametrize("end", ["a" * 9_000, "0\r\n" + "a" * 9_000], ids=["size", "trailer"])
def test_a_piece_whose_frame_does_not_end_is_refused(loop: Loop, dial: Callable[[bytes], socket.socket], end: str) -> None:
    line = dial(b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
    line.sendall(end.encode())
    assert b" 400 " in told(loop, line)


def test_two_lengths_or_a_second_frame_are_refused(loop: Loop, dial: Callable[[bytes], socket.socket]) -> None:
    for odd in (b"Content-Length: 1\r\nContent-Length: 2", b"Content-Length: +1", b"Transfer-Encoding: gzip", b"A : b", b"A: b\nC: d"):
        request = incoming.Request(loop.servers[0].adj)
        request.received(b"POST / HTTP/1.1\r\nHost: a\r\n" + odd + b"\r\n\r\n")
        assert isinstance(request, HTTPRequestParser) and request.error and request.error.code in (400, 501), odd
