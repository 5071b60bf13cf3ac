"""Waiting for MLflow: with a time limit and log messages, and only when a later attempt may succeed."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest import mock

import pytest
from corporate_proxy import corporate_proxy

from src.service.training import tracking
from src.service.training.errors import TrainingError
from src.service.training.tracking import connect


class ScriptedServer(ThreadingHTTPServer):
    """Answers the given (status, text) pairs in turn, the last one for ever."""

    def __init__(self, *script: tuple[int, str]) -> None:
        """Listen on a free port of the loopback interface."""
        super().__init__(("127.0.0.1", 0), _ScriptedHandler)
        self.script = list(script)
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _ScriptedHandler(BaseHTTPRequestHandler):
    server: ScriptedServer

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        status, text = self.server.script.pop(0) if len(self.server.script) > 1 else self.server.script[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@contextmanager
def _serving(*script: tuple[int, str]) -> Iterator[ScriptedServer]:
    with ScriptedServer(*script) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(autouse=True)
def _restored_environment() -> Iterator[None]:
    """`connect` sets variables for the client of MLflow."""
    with mock.patch.dict(os.environ):
        yield


def _closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def test_it_requests_a_real_api_path() -> None:
    """`/health` would answer before the database and to any host name."""
    with _serving((200, "{}")) as server:
        connect(server.url, 0)
        assert [path.split("?")[0] for path in server.paths] == ["/api/2.0/mlflow/experiments/search"]


def test_it_waits_while_the_server_starts(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    """It tries again after a server error, and the log names the reason."""
    monkeypatch.setattr(tracking, "_RETRY_SECONDS", 0.01)
    with caplog.at_level("INFO", logger="training"), _serving((503, ""), (500, ""), (200, "{}")) as server:
        connect(server.url, 30)
        assert len(server.paths) == 3
    assert "of 30 s): HTTP 503" in caplog.messages[0]


def test_a_server_with_authentication_is_ready() -> None:
    """The client of MLflow sends the credentials."""
    with _serving((401, "")) as server:
        connect(server.url, 0)


@pytest.mark.parametrize(
    ("status", "text", "message"),
    [
        (403, "Invalid Host header - possible DNS rebinding attack detected", "refuses this host name"),
        (403, "no", "does not answer as MLflow does: HTTP 403"),
        (404, "", "does not answer as MLflow does: HTTP 404"),
        (200, "<html>login</html>", "does not answer as MLflow does: no JSON object"),
        (200, "[]", "does not answer as MLflow does: no JSON object"),
    ],
)
def test_a_refusal_ends_the_waiting(status: int, text: str, message: str) -> None:
    """A later attempt would get the same answer."""
    with _serving((status, text)) as server:
        with pytest.raises(TrainingError, match=message):
            connect(server.url, 60)
        assert len(server.paths) == 1


def test_the_wait_is_limited(caplog: pytest.LogCaptureFixture) -> None:
    """Without a server the error comes after the time limit, with exit code 2."""
    url = f"http://127.0.0.1:{_closed_port()}"
    with (
        caplog.at_level("INFO", logger="training"),
        pytest.raises(TrainingError, match=f"MLflow at {url} was not ready within 0.1 s: no connection") as caught,
    ):
        connect(url, 0.1)
    assert caught.value.exit_code == 2
    assert "no connection" in caplog.messages[0]


@pytest.mark.parametrize("uri", ["", "mlruns", "sqlite:///x.db", "mlflow:5000"])
def test_only_http_is_a_tracking_uri(uri: str) -> None:
    """Any other scheme is an error."""
    with pytest.raises(TrainingError, match="must start with http:// or https://"):
        connect(uri, 60)


def test_an_invalid_address_is_an_error() -> None:
    """A URL without a host is an error without waiting."""
    with pytest.raises(TrainingError, match="cannot be used"):
        connect("http://", 60)


def test_a_loopback_server_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY without NO_PROXY has no effect on loopback, neither here nor in the client of MLflow."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{_closed_port()}")
    monkeypatch.setenv("NO_PROXY", ".corp.example")
    monkeypatch.setenv("no_proxy", ".corp.example")
    with _serving((200, "{}")) as server:
        connect(server.url, 0)
    assert os.environ["no_proxy"].startswith(".corp.example,localhost,127.0.0.1")


@pytest.mark.parametrize(
    ("status", "page", "problem"),
    [
        (403, b"<html>Host not allowed</html>", "does not answer as MLflow does: HTTP 403"),
        (407, b"", "does not answer as MLflow does: HTTP 407"),
        (200, b"<html>login</html>", "does not answer as MLflow does: no JSON object"),
        (502, b"<html>", "was not ready within 0 s: HTTP 502"),
    ],
)
def test_an_answer_of_a_proxy(status: int, page: bytes, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the proxy, without its password, and what to do."""
    with corporate_proxy(status, page) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(TrainingError) as caught:
            connect("http://mlflow.example:5000", 0)
    assert str(caught.value).endswith(
        f"{problem}; asked through the proxy {proxy.address} (HTTP_PROXY): "
        "if mlflow.example needs no proxy, add mlflow.example to NO_PROXY"
    )


def test_an_unreachable_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the proxy, not only MLflow."""
    address = f"127.0.0.1:{_closed_port()}"
    monkeypatch.setenv("http_proxy", f"http://ana:geheim@{address}")
    with pytest.raises(TrainingError, match=f"no connection; asked through the proxy {address}") as caught:
        connect("http://mlflow.example:5000", 0)
    assert "geheim" not in str(caught.value)


def test_a_proxy_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names a proxy that accepts the request and sends nothing."""
    monkeypatch.setattr(tracking, "_REQUEST_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", f"http://{address}")
        with pytest.raises(TrainingError, match=rf"no answer within 0.2 s; asked through the proxy {address} "):
            connect("http://mlflow.example:5000", 0)


def test_an_invalid_proxy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable, without its password."""
    monkeypatch.setenv("HTTP_PROXY", "http://ana:ge/heim@proxy:3128")
    with pytest.raises(TrainingError, match="HTTP_PROXY is not the address of an HTTP proxy") as caught:
        connect("http://mlflow.example:5000", 60)
    assert "heim" not in str(caught.value)
