"""The migration job without a server; tests/e2e runs it against MySQL."""

import socket

import pytest

import migrate
from database import Database
from schema import MigrationError


def test_a_server_that_never_answers_is_named(unused_port: int) -> None:
    """After the waiting time the message names the server, the database and the reason, but not the password."""
    database = Database("127.0.0.1", unused_port, "mlflow_metadata", "mlflow_meta", "secret")

    with pytest.raises(MigrationError, match=f"127.0.0.1:{unused_port}.* did not answer within 0 s") as raised:
        migrate.connect(database, wait=0)
    assert "secret" not in str(raised.value)


def test_a_missing_variable_is_an_error(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """Without the variables the program names them and exits with 2, without waiting."""
    for name in ("MYSQL_DATABASE", "MYSQL_USER", "MYSQL_PASSWORD"):
        monkeypatch.delenv(name, raising=False)

    assert migrate.main([]) == 2
    assert "MYSQL_DATABASE, MYSQL_USER, MYSQL_PASSWORD" in caplog.text


@pytest.fixture
def unused_port() -> int:
    """A port of loopback without a server."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
