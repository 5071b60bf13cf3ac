"""The health checks of the two containers."""

import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from load import health
from tests.unit.locust.load.doubles import free_port


class EmptyPage(BaseHTTPRequestHandler):
    """A UI that answers."""

    def do_GET(self) -> None:
        """Answer with an empty page."""
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class calls it so
        """Stay quiet."""


@pytest.fixture
def ui(monkeypatch: pytest.MonkeyPatch) -> Iterator[HTTPServer]:
    """A UI on a free port, which the check uses."""
    with HTTPServer(("127.0.0.1", 0), EmptyPage) as server:
        Thread(target=server.serve_forever, args=[0.01]).start()
        monkeypatch.setattr(health, "_UI", f"http://127.0.0.1:{server.server_port}/")
        yield server
        server.shutdown()


@pytest.mark.usefixtures("ui")
def test_master_is_healthy_while_its_ui_answers() -> None:
    """The master is used through its UI, so the check requests it."""
    assert health.main(["master"]) is None


def test_master_without_its_ui_is_unhealthy(ui: HTTPServer) -> None:
    """The message says that the UI does not answer."""
    ui.server_close()
    assert "the UI does not answer" in str(health.main(["master"]))


def test_headless_master_must_listen_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run without UI is healthy while workers can connect."""
    monkeypatch.setenv("LOCUST_HEADLESS", "true")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setattr(health, "_MASTER_PORT", listener.getsockname()[1])
        assert health.main(["master"]) is None
    assert health.main(["master"]) == "not listening for workers"


def test_worker_is_healthy_while_it_is_connected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker without a connection to its master does no work."""
    with socket.create_server(("127.0.0.1", 0)) as master:
        monkeypatch.setattr(health, "_MASTER_PORT", master.getsockname()[1])
        assert health.main(["worker"]) == "no connection to the master"
        with socket.create_connection(master.getsockname()):
            assert health.main(["worker"]) is None


def test_help_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    """The help names the arguments."""
    with pytest.raises(SystemExit, match=r"^0$"):
        health.main(["--help"])
    assert "{master,worker}" in capsys.readouterr().out


@pytest.mark.usefixtures("ui")
def test_check_does_not_use_the_proxy_of_the_container(monkeypatch: pytest.MonkeyPatch) -> None:
    """Docker sets its client's proxy in every container; the health check is about the container itself."""
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("urllib.request._opener", None)  # urlopen reads the environment once in a process
    assert health.main(["master"]) is None
