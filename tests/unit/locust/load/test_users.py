"""Both kinds of user do the same and report the same; only their cost differs."""

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
from load.open_user import PATIENCE_SECONDS, OpenUser
from load.payload import remember_payload
from tests.unit.locust.load.doubles import (
    ClosingServer,
    ImpatientServer,
    Server,
    SleepyServer,
    SlowServer,
    TruncatingServer,
    free_port,
    http,
)

Play = Callable[..., list[dict[str, Any]]]

BODY = '{"feature1": 5.3}'


@pytest.fixture(params=[FastUser, LeanUser], ids=["fast", "lean"])
def play(request: pytest.FixtureRequest) -> Play:
    """Let one user of the kind under test make requests without a pause; returns what it reported to Locust."""

    def with_user(host: str, requests: int = 1, timeout: float = 5, pause: float = 0) -> list[dict[str, Any]]:
        kind = type("ChosenUser", (request.param,), {"host": host, "request_timeout": timeout})
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


def test_prediction_is_a_success(play: Play) -> None:
    """A request is one report: POST /predict, its time in milliseconds, the length of its answer, and no failure."""
    with Server() as server:
        (report,) = play(server.url)
    assert (report["request_type"], report["name"], report["exception"]) == ("POST", "/predict", None)
    assert report["response_length"] == len(b'{"prediction":12.5}')
    assert 0 < report["response_time"] < 5000
    assert report["start_time"] > 0
    assert report["url"] == f"{server.url}/predict"


def test_both_send_the_same_request(play: Play) -> None:
    """Method, path, type and body are the same for both users, below whatever path the host has."""
    with Server() as server:
        play(f"{server.url}/models/one")
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *fields = head.decode().split("\r\n")
    sent = {name.lower(): value for name, value in (field.split(": ", 1) for field in fields)}
    assert line == "POST /models/one/predict HTTP/1.1"
    assert body.decode() == BODY
    assert sent["host"] == server.url.removeprefix("http://")
    assert sent["content-type"] == sent["accept"] == "application/json"


def test_user_keeps_its_connection(play: Play) -> None:
    """A user is one client with one connection."""
    with Server() as server:
        assert failures(play(server.url, requests=5)) == [None] * 5
        assert server.connections == 1


def test_connection_that_closed_at_rest_is_no_failure(play: Play) -> None:
    """A server may hang up between two requests."""
    with ImpatientServer() as server:
        assert failures(play(server.url, requests=3, pause=0.05)) == [None] * 3
        assert server.connections == 3


def test_lying_server(play: Play) -> None:
    """A 200 that carries no finite prediction is a failure."""
    with Server(http(b'{"prediction": NaN}')) as server:
        assert failures(play(server.url)) == ["HTTP 200 prediction is not finite"]


def test_error_server(play: Play) -> None:
    """An error of the API is one failure with the API's word for it, and the connection goes on."""
    with Server(http(b'{"error":"overloaded"}', "503 Service Unavailable")) as server:
        assert failures(play(server.url, requests=2)) == ["HTTP 503 overloaded"] * 2
        assert server.connections == 1


def test_redirect_is_not_followed(play: Play) -> None:
    """What counts is the answer of the address under test, not of another."""
    with Server() as other, Server(http(b"", "307 Temporary Redirect", f"Location: {other.url}/predict")) as server:
        assert failures(play(server.url)) == ["HTTP 307"]
        assert other.requests == []


def test_time_is_that_of_the_whole_answer(play: Play) -> None:
    """What is reported includes all of the wait for the answer, on a new connection as on a kept one."""
    with SleepyServer() as server:
        times = [report["response_time"] for report in play(server.url, requests=3)]
    assert min(times) >= SleepyServer.milliseconds


def test_slow_server(play: Play) -> None:
    """A request that takes too long is a failure of its own."""
    with SlowServer() as server:
        assert failures(play(server.url, timeout=0.1)) == ["timeout"]


def test_closing_server(play: Play) -> None:
    """A server that hangs up instead of answering has failed, on a new connection as on a kept one."""
    with ClosingServer(after=1) as server:
        closed = "connection closed without an answer"
        assert failures(play(server.url, requests=4)) == [None, closed, None, closed]


def test_truncating_server(play: Play) -> None:
    """Half an answer is none."""
    with TruncatingServer() as server:
        (failure,) = failures(play(server.url))
    # geventhttpclient takes the early end for a violation of the protocol, the lean user for what it is.
    assert failure in {"answer is not HTTP", "connection closed without an answer"}


def test_nobody_listens(play: Play) -> None:
    """A refused connection is a failure of its own, and the user goes on."""
    assert failures(play(f"http://127.0.0.1:{free_port()}", requests=2)) == ["connection refused"] * 2


def test_another_protocol(play: Play) -> None:
    """Something else than HTTP on the port is a failure of its own."""
    with Server(b"SSH-2.0-OpenSSH_9.2p1\r\n\r\n") as server:
        assert failures(play(server.url)) == ["answer is not HTTP"]


def test_connection_beyond_a_thousand_is_kept_too(play: Play) -> None:
    """A descriptor above 1023, which select(2) cannot look at, is as good as any other."""
    with ExitStack() as many:
        before = resource.getrlimit(resource.RLIMIT_NOFILE)
        many.callback(resource.setrlimit, resource.RLIMIT_NOFILE, before)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(before[0], 2048), before[1]))
        server = many.enter_context(Server())
        for _ in range(1100):
            many.enter_context(Path(os.devnull).open())
        assert failures(play(server.url, requests=5)) == [None] * 5
        assert server.connections == 1


def test_an_open_user_counts_from_when_the_request_was_due() -> None:
    """A request that is sent late has the lateness in its latency, and in its start."""
    with Server(http(b'{"prediction": 1.5}')) as server:
        before = time.time()
        [report] = asked_late(server.url, 0.5)

    assert failures([report]) == [None]
    assert 500 <= report["response_time"] < 5500
    assert report["start_time"] == pytest.approx(before - 0.5, abs=0.2)


@pytest.mark.parametrize("kind", [FastUser, LeanUser, OpenUser])
def test_each_kind_has_one_task(kind: type[User]) -> None:
    """Locust adds a class's tasks to those of its bases: a second one would send requests that nobody planned."""
    assert kind.tasks == [kind.__dict__["predict"]]


def test_an_arrival_that_nobody_could_send_has_failed() -> None:
    """Who waits for more than two seconds leaves: nothing is sent, and it is counted with all its wait."""
    with Server(http(b'{"prediction": 1.5}')) as server:
        before = time.time()
        [report] = asked_late(server.url, PATIENCE_SECONDS + 1)
        assert server.connections == 0

    assert failures([report]) == [NOT_SENT]
    assert report["response_time"] >= 1000 * (PATIENCE_SECONDS + 1)
    assert report["start_time"] == pytest.approx(before - PATIENCE_SECONDS - 1, abs=0.2)


def asked_late(url: str, seconds: float) -> list[dict[str, Any]]:
    """What an open user reports of an arrival that was due so long ago."""

    class LateArrivals(Arrivals):
        """Every arrival was due then."""

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
