"""HTTPS: every user speaks it, on one connection, and checks the certificate when there is a file to check it with."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from certificates import write_certificate
from locust.env import Environment

from load.connection import Connection
from load.fast_user import FastUser
from load.lean_user import LeanUser
from load.payload import NoPayloadError, fetch_payload, remember_payload
from load.response import ClosedWithoutAnswerError
from load.scenario import Scenario, SettingError
from load.target_url import TargetUrl
from load.tls import tls_context
from tests.unit.locust.load.doubles import (
    ApiServer,
    ClosingServer,
    IdleClosingServer,
    PredictionServer,
    SilentServer,
    UnreadClosingServer,
    http,
)
from tests.unit.locust.load.test_connection import REQUEST, let_server_close

Failures = Callable[..., list[str | None]]
TLS_ERROR = "TLS error"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of the servers, with its key."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "server.pem", "api.example")


@pytest.fixture(scope="module")
def another(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate that no server has."""
    return write_certificate(tmp_path_factory.mktemp("tls") / "another.pem", "other.example")


@pytest.fixture(params=[FastUser, LeanUser], ids=["fast", "lean"])
def failures(request: pytest.FixtureRequest) -> Failures:
    """Runs one user for some requests; returns the failures, None for a success."""

    def of(host: str, ca_file: Path | None, requests: int = 1, timeout: float = 5) -> list[str | None]:
        kind = type("ChosenUser", (request.param,), {"host": host, "ca_file": ca_file, "request_timeout": timeout})
        environment = Environment(user_classes=[kind], parsed_options=Namespace())
        remember_payload(environment, "{}")
        found: list[str | None] = []
        environment.events.request.add_listener(
            lambda exception, **_: found.append(None if exception is None else exception.args[0])
        )
        user = kind(environment)
        with closing(user.client.client if isinstance(user, FastUser) else user._connection):
            for _ in range(requests):
                user.predict()
        return found

    return of


def connection_to(server: PredictionServer, ca_file: Path) -> Connection:
    """A connection that checks the server's certificate."""
    return Connection(TargetUrl.parse(server.url), 5, tls_context(ca_file))


def test_requests_share_one_checked_connection(failures: Failures, certificate: Path) -> None:
    """A user opens one connection, whose certificate is that of the file, and sends all its requests on it."""
    with PredictionServer(certificate=certificate) as server:
        assert failures(server.url, certificate, requests=4) == [None] * 4
        assert server.connections == 1


def test_another_certificate_is_refused(failures: Failures, certificate: Path, another: Path) -> None:
    """No request reaches a server that the file does not name; without a file any certificate is accepted."""
    with PredictionServer(certificate=certificate) as server:
        assert failures(server.url, another) == [TLS_ERROR]
        assert server.requests == []
        assert failures(server.url, None) == [None]


def test_a_certificate_of_another_name_is_refused(failures: Failures, certificate: Path) -> None:
    """The name of the address has to be in the certificate."""
    with PredictionServer(address="127.0.0.2", certificate=certificate) as server:
        assert failures(server.url, certificate) == [TLS_ERROR]
        assert failures(server.url, None) == [None]


def test_a_handshake_that_does_not_end_is_a_timeout(failures: Failures, certificate: Path) -> None:
    """The time of a request includes the handshake."""
    with SilentServer() as server:
        assert failures(server.url.replace("http:", "https:"), certificate, timeout=0.1) == ["timeout"]


def test_users_share_one_context(certificate: Path) -> None:
    """A thousand users read the file once; Locust's own client gets the same context."""
    assert tls_context(certificate) is tls_context(certificate)
    kind = type("ChosenUser", (FastUser,), {"host": "https://127.0.0.1", "ca_file": certificate})
    environment = Environment(user_classes=[kind], parsed_options=Namespace())
    remember_payload(environment, "{}")
    factory = kind(environment).ssl_context_factory
    assert factory is not None
    assert factory(cafile="of the client") is tls_context(certificate)


def test_connection_closed_while_idle_is_reopened(certificate: Path) -> None:
    """As without TLS: a close between two requests is no failure, and none is answered twice."""
    with IdleClosingServer(certificate=certificate) as server, closing(connection_to(server, certificate)) as user:
        for _ in range(3):
            assert user.exchange(REQUEST).status == 200
            let_server_close()
        for _ in range(100):
            assert user.exchange(REQUEST).status == 200
        assert len(server.requests) == 103


def test_close_instead_of_an_answer_is_a_failure(certificate: Path) -> None:
    """As without TLS: a server that read the request and closed has failed, and gets no second one."""
    with ClosingServer(after=2, certificate=certificate) as server, closing(connection_to(server, certificate)) as user:
        assert [user.exchange(REQUEST).status for _ in range(2)] == [200, 200]
        with pytest.raises(ClosedWithoutAnswerError):
            user.exchange(REQUEST)
        assert len(server.requests) == 3


def test_request_that_the_server_closed_unread_is_sent_again(certificate: Path) -> None:
    """As without TLS: a close before the request was read is no failure."""
    with UnreadClosingServer(certificate=certificate) as server, closing(connection_to(server, certificate)) as user:
        for _ in range(3):
            assert user.exchange(REQUEST).status == 200
        assert len(server.requests) == 3


def test_the_example_is_asked_for_over_tls(certificate: Path, another: Path) -> None:
    """The question before a run checks the certificate as its users do."""
    with ApiServer(certificate=certificate) as api:
        assert fetch_payload(api.url, ca_file=certificate) == fetch_payload(api.url)
        with pytest.raises(NoPayloadError, match=f"^{api.url} cannot be reached: {TLS_ERROR}$"):
            fetch_payload(api.url, ca_file=another)


def test_a_redirect_to_https_is_refused_with_its_address() -> None:
    """A gateway with TLS redirects plain requests; the run does not start, and its message has the new address."""
    with ApiServer() as api:
        api.schema = http(b"", "308 Permanent Redirect", "Location: https://gateway:8443/openapi.json")
        with pytest.raises(NoPayloadError, match=r"redirects to https://gateway:8443/openapi.json: set LOCUST_HOST to"):
            fetch_payload(api.url)


def test_a_file_without_certificates_is_refused(certificate: Path, tmp_path: Path) -> None:
    """The message names the variable and the file."""
    assert Scenario.from_environ({"LOCUST_CA_FILE": str(certificate)}).ca_file == certificate
    for none in ("", "/dev/null"):
        assert Scenario.from_environ({"LOCUST_CA_FILE": none}).ca_file is None
    empty = tmp_path / "empty.pem"
    empty.touch()
    for file in (empty, tmp_path / "missing.pem"):
        with pytest.raises(SettingError, match=f"^LOCUST_CA_FILE must be .*{file.name}"):
            Scenario.from_environ({"LOCUST_CA_FILE": str(file)})
