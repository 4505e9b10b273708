"""Providers of single sign-on: a real one as its own process, and a small one that speaks the true protocol with one thing wrong."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.waiting import eventually


@contextmanager
def real_provider(*users: dict[str, Any]) -> Iterator[str]:
    """`oidc-provider-mock` as its own process on the loopback; gives its address. It insists on a nonce."""
    port = _free_port()
    claims = [word for user in users for word in ("--user-claims", json.dumps(user))]
    program = str(Path(sys.executable).with_name("oidc-provider-mock"))
    process = subprocess.Popen([program, "-p", str(port), "-n", "true", *claims], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: _answers(port))
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def small_provider(**wrong: Any) -> Iterator[str]:
    """A provider whose ID token is right but for what `wrong` says; gives its address. `seconds` moves its time."""
    key = RSAKey.generate_key(2048, {"kid": "one"})

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            at = f"http://127.0.0.1:{self.server.server_port}"
            if self.path.startswith("/.well-known"):
                ends = {name: f"{at}/{name}" for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
                self._say({"issuer": at, "id_token_signing_alg_values_supported": ["RS256"], **ends})
            else:
                self._say({"keys": [key.as_dict(private=False)]})

        def do_POST(self) -> None:  # noqa: N802
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            moment = int(time.time()) + wrong.get("seconds", 0)
            claims = {
                "iss": f"http://127.0.0.1:{self.server.server_port}",
                "sub": "1",
                "aud": "sentinel",
                "iat": moment,
                "exp": moment + 60,
            }
            claims |= {"nonce": sent["code"][0], "email": "officer@blaby.example", "email_verified": True}
            claims |= {name: value for name, value in wrong.items() if name != "seconds"}
            assert sent["code_verifier"][0]
            token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, key)
            self._say({"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": token})

        def _say(self, words: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(words).encode())

        def log_message(self, *_: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def _answers(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
