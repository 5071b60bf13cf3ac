"""One HTTP request to a program of the stack."""

import http.server
import socket
import threading
from collections.abc import Iterator

import pytest
from typing_extensions import override

from local_stack.probe import ask


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers 503 with the path of the request."""

    def do_GET(self) -> None:
        """Send the path as the body."""
        body = self.path.encode()
        self.send_response(503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @override
    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def echo() -> Iterator[str]:
    """The URL of a server that runs for the test."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_answer_has_status_and_body(echo: str) -> None:
    """A response with an error status is an answer too."""
    answer = ask(f"{echo}/ready?a=1")

    assert answer is not None
    assert (answer.status, answer.body, answer.json()) == (503, b"/ready?a=1", None)


def test_a_proxy_of_the_environment_is_not_used(echo: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The programs are on this machine, so that a proxy for other hosts is ignored."""
    monkeypatch.setenv("http_proxy", "http://192.0.2.1:3128")

    assert ask(f"{echo}/") is not None


def test_without_a_server_there_is_no_answer() -> None:
    """A refused connection is no error, because the program may still start."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        assert ask(f"http://127.0.0.1:{closed.getsockname()[1]}/") is None
