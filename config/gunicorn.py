"""How the web process serves: one master that loads the application once, two workers of eight threads each."""

from typing import Any

import gunicorn.http.wsgi

QUIET = 10

worker_class = "gthread"
workers = 2
threads = 8
preload_app = True
timeout = 60
graceful_timeout = 8
keepalive = 5
max_requests = 20_000
max_requests_jitter = 2_000
limit_request_line = 4_094
control_socket_disable = True
forwarded_allow_ips = "127.0.0.1"
# No query and no referrer, should an access log be asked for; and no name or version of the server in any answer.
access_log_format = "%(t)s %(m)s %(U)s %(s)s %(B)s %(D)s"
limit_request_fields = 100
limit_request_field_size = 8_190
gunicorn.http.wsgi.SERVER = "Sentinel"


def pre_request(worker: Any, request: Any) -> None:
    """Give a thread back when a sender falls silent: a body of which nothing more comes for ten seconds is given up."""
    request.unreader.sock.settimeout(QUIET)
