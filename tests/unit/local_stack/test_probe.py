"""Asking a program of the stack."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest
from typing_extensions import override

from local_stack.probe import ask


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers 503 with the path it was asked for."""

    def do_GET(self) -> None:
        """Answer with a body of known length."""
        body = self.path.encode()
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def echo() -> Iterator[str]:
    """The address of a server that runs for the test."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_has_status_and_body(echo: str) -> None:
    """Anything that answers is an answer, also a refusal."""
    answer = ask(f"{echo}/ready?a=1")

    assert answer is not None
    assert (answer.status, answer.body, answer.json()) == (503, b"/ready?a=1", None)


def test_a_proxy_of_the_environment_is_not_asked(echo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs are on this machine, whatever the proxy for the outside is."""
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")

    assert ask(f"{echo}/") is not None


def test_nobody_is_no_answer() -> None:
    """A refused connection is what waiting looks like."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert ask(f"http://127.0.0.1:{closed.getsockname()[1]}/") is None
