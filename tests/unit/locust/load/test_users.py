"""All kinds of user send the same requests and report the same outcomes; only their cost differs."""

from __future__ import annotations

import os
import resource
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import gevent
import pytest
from locust import User
from locust.env import Environment

from load.arrivals import Arrivals
from load.failure import NOT_SENT
from load.fast_user import FastUser
from load.lean_user import LeanUser
from load.open_user import MAX_DELAY_SECONDS, OpenUser
from load.payload import remember_payload
from tests.unit.locust.load.doubles import (
    ClosingServer,
    DelayedServer,
    IdleClosingServer,
    PredictionServer,
    SilentServer,
    TruncatingServer,
    free_port,
    http,
)

RunUser = Callable[..., list[dict[str, Any]]]

BODY = '{"feature1": 5.3}'


@pytest.fixture(params=[FastUser, LeanUser], ids=["fast", "lean"])
def run_user(request: pytest.FixtureRequest) -> RunUser:
    """Runs one user of the kind under test for some requests; returns its reports to Locust."""

    def with_user(
        host: str, requests: int = 1, timeout: float = 5, pause: float = 0, api_key: str = ""
    ) -> list[dict[str, Any]]:
        kind = type("ChosenUser", (request.param,), {"host": host, "request_timeout": timeout, "api_key": api_key})
        environment = Environment(user_classes=[kind], parsed_options=Namespace())
        remember_payload(environment, BODY)
        reports: list[dict[str, Any]] = []
        environment.events.request.add_listener(lambda **report: reports.append(report))
        user = kind(environment)
        with closing(user.client.client if isinstance(user, FastUser) else user._connection):
            for _ in range(requests):
                user.predict()
                gevent.sleep(pause)
        return reports

    return with_user


def failures(reports: list[dict[str, Any]]) -> list[str | None]:
    """The failures as Locust's table shows them; None for a success."""
    return [None if report["exception"] is None else report["exception"].args[0] for report in reports]


def test_prediction_is_a_success(run_user: RunUser) -> None:
    """A request is one report: POST /predict, its time in milliseconds, the length of its answer, and no failure."""
    with PredictionServer() as server:
        (report,) = run_user(server.url)
    assert (report["request_type"], report["name"], report["exception"]) == ("POST", "/predict", None)
    assert report["response_length"] == len(b'{"prediction":12.5}')
    assert 0 < report["response_time"] < 5000
    assert report["start_time"] > 0
    assert report["url"] == f"{server.url}/predict"


def test_both_send_the_same_request(run_user: RunUser) -> None:
    """Method, path, type and body are the same for both users, below whatever path the host has."""
    with PredictionServer() as server:
        run_user(f"{server.url}/models/one")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    sent = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    assert line == "POST /models/one/predict HTTP/1.1"
    assert body.decode() == BODY
    assert sent["host"] == server.url.removeprefix("http://")
    assert sent["content-type"] == sent["accept"] == "application/json"


@pytest.mark.parametrize("key", ["", "a-key"])
def test_both_send_the_api_key(run_user: RunUser, key: str) -> None:
    """A key is sent with each request in the header that the gateway reads; without one there is no such header."""
    with PredictionServer() as server:
        run_user(server.url, api_key=key)
    found = [line for line in server.requests[0].decode().split("\r\n") if line.lower().startswith("x-api-key")]
    assert [line.partition(": ")[2] for line in found] == ([key] if key else [])


def test_user_keeps_its_connection(run_user: RunUser) -> None:
    """A user is one client with one connection."""
    with PredictionServer() as server:
        assert failures(run_user(server.url, requests=5)) == [None] * 5
        assert server.connections == 1


def test_connection_closed_while_idle_is_no_failure(run_user: RunUser) -> None:
    """A server may close the connection between two requests."""
    with IdleClosingServer() as server:
        assert failures(run_user(server.url, requests=3, pause=0.05)) == [None] * 3
        assert server.connections == 3


def test_prediction_that_is_not_finite(run_user: RunUser) -> None:
    """A 200 without a finite prediction is a failure."""
    with PredictionServer(http(b'{"prediction": NaN}')) as server:
        assert failures(run_user(server.url)) == ["HTTP 200 prediction is not finite"]


def test_error_server(run_user: RunUser) -> None:
    """An error of the API is one failure with the API's error code, and the connection stays open."""
    with PredictionServer(http(b'{"error":"overloaded"}', "503 Service Unavailable")) as server:
        assert failures(run_user(server.url, requests=2)) == ["HTTP 503 overloaded"] * 2
        assert server.connections == 1


def test_redirect_is_not_followed(run_user: RunUser) -> None:
    """The answer of the address under test counts, not that of another."""
    with (
        PredictionServer() as other,
        PredictionServer(http(b"", "307 Temporary Redirect", f"Location: {other.url}/predict")) as server,
    ):
        assert failures(run_user(server.url)) == ["HTTP 307"]
        assert other.requests == []


def test_response_time_covers_the_whole_answer(run_user: RunUser) -> None:
    """The reported time includes all of the wait for the answer, on a new connection as on an open one."""
    with DelayedServer() as server:
        times = [report["response_time"] for report in run_user(server.url, requests=3)]
    assert min(times) >= DelayedServer.milliseconds


def test_missing_answer_is_a_timeout(run_user: RunUser) -> None:
    """A request that takes too long fails as a timeout."""
    with SilentServer() as server:
        assert failures(run_user(server.url, timeout=0.1)) == ["timeout"]


def test_closing_server(run_user: RunUser) -> None:
    """A server that closes instead of answering has failed, on a new connection as on an open one."""
    with ClosingServer(after=1) as server:
        closed = "connection closed without an answer"
        assert failures(run_user(server.url, requests=4)) == [None, closed, None, closed]


def test_truncating_server(run_user: RunUser) -> None:
    """An incomplete answer is a failure."""
    with TruncatingServer() as server:
        (failure,) = failures(run_user(server.url))
    # geventhttpclient reports the early end as a violation of the protocol.
    assert failure in {"answer is not HTTP", "connection closed without an answer"}


def test_refused_connection(run_user: RunUser) -> None:
    """A refused connection has its own failure name, and the user continues."""
    assert failures(run_user(f"http://127.0.0.1:{free_port()}", requests=2)) == ["connection refused"] * 2


def test_another_protocol(run_user: RunUser) -> None:
    """Another protocol than HTTP on the port has its own failure name."""
    with PredictionServer(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n") as server:
        assert failures(run_user(server.url)) == ["answer is not HTTP"]


def test_connection_with_descriptor_above_1023_is_kept(run_user: RunUser) -> None:
    """A connection whose descriptor is above 1023, which select(2) cannot check, is reused as well."""
    with ExitStack() as many:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        many.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2048), before[1]))
        server = many.enter_context(PredictionServer())
        for _ in range(1100):
            many.enter_context(Path(os.devnull).open())
        assert failures(run_user(server.url, requests=5)) == [None] * 5
        assert server.connections == 1


def test_open_user_measures_from_when_the_request_was_due() -> None:
    """The delay of a request that is sent late is part of its latency, and its start is when it was due."""
    with PredictionServer(http(b'{"prediction": 1.5}')) as server:
        before = time.time()
        [report] = report_of_late_arrival(server.url, 0.5)

    assert failures([report]) == [None]
    assert 500 <= report["response_time"] < 5500
    assert report["start_time"] == pytest.approx(before - 0.5, abs=0.2)


@pytest.mark.parametrize("kind", [FastUser, LeanUser, OpenUser])
def test_each_kind_has_one_task(kind: type[User]) -> None:
    """Locust adds a class's tasks to those of its bases: a second one would send additional requests."""
    assert kind.tasks == [kind.__dict__["predict"]]


def test_arrival_that_is_too_late_fails_unsent() -> None:
    """After two seconds nothing is sent, and the failure is reported with its whole delay."""
    with PredictionServer(http(b'{"prediction": 1.5}')) as server:
        before = time.time()
        [report] = report_of_late_arrival(server.url, MAX_DELAY_SECONDS + 1)
        assert server.connections == 0

    assert failures([report]) == [NOT_SENT]
    assert report["response_time"] >= 1000 * (MAX_DELAY_SECONDS + 1)
    assert report["start_time"] == pytest.approx(before - MAX_DELAY_SECONDS - 1, abs=0.2)


def report_of_late_arrival(url: str, seconds: float) -> list[dict[str, Any]]:
    """What an open user reports for an arrival that was due so many seconds ago."""

    class LateArrivals(Arrivals):
        """Every arrival was due so many seconds ago."""

        def take(self) -> float:
            return time.perf_counter() - seconds

    kind = type("ChosenUser", (OpenUser,), {"host": url, "arrivals": LateArrivals(1)})
    environment = Environment(user_classes=[kind], parsed_options=Namespace())
    remember_payload(environment, BODY)
    reports: list[dict[str, Any]] = []
    environment.events.request.add_listener(lambda **report: reports.append(report))
    user = kind(environment)
    with closing(user._connection):
        user.predict()
    return reports
