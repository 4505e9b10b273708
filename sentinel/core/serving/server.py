"""All connections of one process, in one loop that never waits for any of them."""

import socket
from collections.abc import Callable
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from sentinel.core.serving.incoming import Connection

LONGEST_REQUEST = 300  # seconds for all of it: 10 MB over the slowest line that an office still has
SILENCE = 30
MOST_CONNECTIONS = 400  # with a file each for a large body, below the 1,024 that Linux lets a process open unless told
SETTINGS = {
    "ident": "Sentinel",
    "server_name": "sentinel.invalid",
    "clear_untrusted_proxy_headers": False,  # the application believes as many proxies as SENTINEL_PROXIES says
    "max_request_header_size": 16_380,
    "max_request_body_size": 2**40,  # `Body` keeps no more than it should, and the application refuses the rest with its own page
    "recv_bytes": 65_536,
    "outbuf_overflow": 2**24,  # a file that somebody downloads is not written to the disk in the clear
    "outbuf_high_watermark": 2**28,  # and no thread waits for who does not read
    "channel_timeout": SILENCE,
    "cleanup_interval": 5,
    "connection_limit": MOST_CONNECTIONS + 20,
    "asyncore_use_poll": True,
    "log_socket_errors": False,
}


class Server(TcpWSGIServer):
    """One listening socket. When it holds all the connections it can, whoever kept it waiting longest makes room."""

    channel_class = Connection
    most = MOST_CONNECTIONS

    def handle_accept(self) -> None:
        super().handle_accept()
        if len(self.active_channels) > self.most:
            waiting = [connection for connection in self.active_channels.values() if connection.waits]
            if waiting:
                min(waiting, key=lambda connection: connection.since).will_close = True

    def maintenance(self, now: float) -> None:
        """Close who is silent, and whose request does not come to an end."""
        super().maintenance(now)
        for connection in self.active_channels.values():
            if connection.waits and connection.request and connection.since < now - LONGEST_REQUEST:
                connection.will_close = True


class Loop:
    """The servers of these listening sockets, and the threads that answer."""

    def __init__(self, application: Callable[..., Any], listeners: list[socket.socket], threads: int) -> None:
        self.map: dict[int, Any] = {}
        dispatcher = ThreadedTaskDispatcher()
        dispatcher.set_thread_count(threads)
        settings = Adjustments(sockets=listeners, **SETTINGS)
        self.servers = [
            Server(
                application,
                self.map,
                _sock=each,
                dispatcher=dispatcher,
                adj=settings,
                sockinfo=(each.family, each.type, each.proto, each.getsockname()),
                bind_socket=False,
            )
            for each in listeners
        ]

    @property
    def connections(self) -> list[Connection]:
        return [each for server in self.servers for each in server.active_channels.values()]

    def turn(self, timeout: float = 1) -> None:
        """Read and write what can be, waiting no longer than this many seconds for something to happen."""
        wasyncore.loop(timeout=timeout, use_poll=True, map=self.map, count=1)

    def wake(self) -> None:
        """From anywhere, a signal too: end the wait."""
        for server in self.servers:
            server.pull_trigger()

    def accept_no_more(self) -> None:
        """Leave new connections to the other processes."""
        for server in self.servers:
            server.accepting = False
