"""Requests to a published port."""

import http.server
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from doctor.http_request import Answer, request


class _Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f'{{"host": "{self.headers["Host"]}", "path": "{self.path}"}}'.encode()
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """A server that answers 503 with the host and the path of the request."""
    with http.server.HTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_an_answer_is_an_answer_with_any_status(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked directly, whatever proxy the shell has, and with the host name of the test."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    answer = request("127.0.0.1", port, "/ready?x=1", host="machine.example:1")

    assert answer is not None
    assert answer.status == 503
    assert answer.document == {"host": "machine.example:1", "path": "/ready?x=1"}


def test_no_answer() -> None:
    """Nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        assert request("127.0.0.1", probe.getsockname()[1], "/") is None


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b"<html>"])
def test_a_body_that_is_no_object(body: bytes) -> None:
    """A page of a proxy, for example."""
    assert Answer(200, body).document == {}
