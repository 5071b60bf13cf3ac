"""Requests that are split between champion and challenger: lane and route split alike, and no request is lost."""

import math
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from time import sleep

import mlflow
import numpy as np
import pandas as pd
import pytest
from http_request import batch, post
from mlflow.models import infer_signature
from registration import register
from service_process import Service
from sklearn.linear_model import LinearRegression
from wire import Client, clients
from wire_answer import Answer

from src.service.challenger.split import is_chosen
from tests.integration.inference_api.conformance.conftest import LANES, Start, unharmed

NAME = "conformance_canary"
FACTORS = {"1": 2.0, "2": 3.0, "3": 5.0}
"""What each version multiplies x with."""
PERCENT = 30.0
REQUESTS = 2000
USERS = 3


class Registry:
    """The aliases and the tags of one registered model with three versions."""

    def __init__(self, server: str, name: str) -> None:
        """Register the versions; the first is the champion, the second the challenger."""
        self._client, self._name = mlflow.MlflowClient(server, server), name
        data = pd.DataFrame({"x": [1.0, 2.0, 3.0]})
        for factor in FACTORS.values():
            model = LinearRegression().fit(data, data["x"])
            model.coef_, model.intercept_ = np.array([factor]), 0.0
            signature = infer_signature(data, model.predict(data))
            register(server, name, model, signature=signature, input_example=data[:2])
        self.reset()

    def reset(self) -> None:
        """As at the start."""
        self.point("champion", "1")
        self.point("challenger", "2")
        self.give(PERCENT)

    def point(self, alias: str, version: str) -> None:
        """Move an alias."""
        self._client.set_registered_model_alias(self._name, alias, version)

    def remove(self) -> None:
        """Delete the challenger's alias."""
        self._client.delete_registered_model_alias(self._name, "challenger")

    def give(self, percent: float) -> None:
        """Set the tag."""
        self._client.set_registered_model_tag(self._name, "canary_percent", str(percent))


def asked(version: str, percent: float = PERCENT) -> Callable[[Service], bool]:
    """The condition that a challenger gets its part of the requests."""

    def condition(service: Service) -> bool:
        found = service.model()["challenger"] or {}
        state = {key: found.get(key) for key in ("version", "state", "canary_percent")}
        return state == {"version": version, "state": "serving", "canary_percent": percent}

    return condition


@pytest.fixture(scope="module")
def registry(mlflow_server: str) -> Registry:
    """The registered model."""
    return Registry(mlflow_server, NAME)


@pytest.fixture(scope="module", params=["route", "lane"])
def running(request: pytest.FixtureRequest, start: Start, registry: Registry) -> Service:  # noqa: ARG001 - is registered
    """The service of the route and of the lane in turn."""
    return start(NAME, **LANES[request.param], MODEL_POLL_SECONDS="0.2", CANARY_HEADER="X-User-ID")


@pytest.fixture
def service(running: Service, registry: Registry) -> Iterator[Service]:
    """The same with its first champion and challenger."""
    registry.reset()
    running.wait_version("1")
    running.wait(asked("2"), "a challenger")
    yield from unharmed(running)


def key_line(user: int) -> bytes:
    """The header of a user."""
    return b"X-User-ID: user-%d" % user


def version_of(user: int, percent: float = PERCENT) -> str:
    """Who answers a user."""
    return "2" if is_chosen(b"user-%d" % user, percent) else "1"


def row(number: int) -> bytes:
    """A row as JSON."""
    return b'{"x":%d}' % number


def assert_answered(answer: Answer, number: int, version: str) -> None:
    """Assert that the response is that version's prediction for a row."""
    assert (answer.status, answer.header("x-model-version")) == (200, version), answer
    assert answer.json == {"prediction": FACTORS[version] * number}


def test_a_user_is_answered_by_one_version(service: Service) -> None:
    """In every protocol, for one row and for many, whoever asks gets the version of the split, and its values."""
    tensors = b'{"inputs":[{"name":"x","shape":[2],"datatype":"FP64","data":[%d,%d]}]}'
    with Client(service.url) as client:
        for user in range(60):
            version, line = version_of(user), key_line(user)
            values = [FACTORS[version] * user, FACTORS[version] * (user + 1)]
            client.send(
                post(row(user), line)
                + batch(row(user), row(user + 1), lines=(line,))
                + post(b'{"inputs":[[%d],[%d]]}' % (user, user + 1), line, path=b"/invocations")
                + post(tensors % (user, user + 1), line, path=b"/v2/models/%b/infer" % NAME.encode())
                + post(tensors % (user, user + 1), line, path=b"/v2/models/%b/versions/1/infer" % NAME.encode())
            )
            one, many, table, of_model, of_version = client.answers(5)
            assert_answered(one, user, version)
            assert many.json == table.json == {"predictions": values}
            assert (of_model.json["model_version"], of_model.json["outputs"][0]["data"]) == (version, values)
            assert {answer.header("x-model-version") for answer in (many, table, of_model)} == {version}
            assert of_version.header("x-model-version") == of_version.json["model_version"] == "1"
            assert of_version.json["outputs"][0]["data"] == [2.0 * user, 2.0 * (user + 1)]


def test_the_part_without_a_key(service: Service) -> None:
    """Of thousands of requests without the header the challenger answers its percentage, within binomial bounds."""
    with clients(service.url, 20) as found:
        for client in found:
            client.send(b"".join(post(row(number)) for number in range(REQUESTS // 20)))
        versions = []
        for client in found:
            for number, answer in enumerate(client.answers(REQUESTS // 20)):
                versions.append(answer.header("x-model-version"))
                assert_answered(answer, number, versions[-1])
    expected = REQUESTS * PERCENT / 100
    assert abs(versions.count("2") - expected) <= 4.5 * math.sqrt(expected * (1 - PERCENT / 100))


def test_a_challenger_that_stands_still(service: Service) -> None:
    """Its users are answered by the champion after a while; the others, on other connections, at once."""
    theirs = [user for user in range(20) if version_of(user) == "2"]
    others = [user for user in range(20) if version_of(user) == "1"]
    worker = _worker_of(service)
    os.kill(worker, signal.SIGSTOP)
    try:
        with clients(service.url, len(theirs)) as waiting, Client(service.url) as free:
            for user, client in zip(theirs, waiting, strict=True):
                client.send(post(row(user), key_line(user)))
            for user in others * 5:
                free.send(post(row(user), key_line(user)))
                assert_answered(free.answers(1)[0], user, "1")
            for user, client in zip(theirs, waiting, strict=True):
                assert_answered(client.answers(1)[0], user, "1")
    finally:
        os.kill(worker, signal.SIGCONT)


def test_no_request_fails(service: Service, registry: Registry) -> None:
    """While the challenger is changed, killed and deleted, and the champion too, each answer is its version's."""
    stop = Event()

    def ask(user: int) -> set[str]:
        seen = set()
        with Client(service.url) as client:
            while not stop.is_set():
                client.send(b"".join(post(row(number), key_line(user)) for number in range(3)))
                for number, answer in enumerate(client.answers(3)):
                    version = answer.header("x-model-version")
                    assert_answered(answer, number, version)
                    seen.add(version)
                sleep(0.01)
        return seen

    with ThreadPoolExecutor(USERS) as pool:
        asking = [pool.submit(ask, user) for user in range(USERS)]
        try:
            registry.give(100)
            service.wait(asked("2", 100), "all requests")
            os.kill(_worker_of(service), signal.SIGKILL)
            service.wait(lambda service: not asked("2", 100)(service), "its end")
            service.wait(asked("2", 100), "another process")
            registry.point("challenger", "3")
            service.wait(asked("3", 100), "another version")
            registry.point("champion", "2")
            service.wait_version("2")
            service.wait(asked("3", 100), "another champion")
            registry.remove()
            service.wait(lambda service: service.model()["challenger"] is None, "no challenger")
            sleep(0.05)
        finally:
            stop.set()
        assert [one.result() for one in asking] == [{"1", "2", "3"}] * USERS


def test_shutdown_answers_the_canaries(running: Service, registry: Registry) -> None:
    """After SIGTERM, requests that wait for the challenger are answered, though it stands still, by the champion."""
    service = running  # the last test with it
    registry.reset()
    service.wait_version("1")
    service.wait(asked("2"), "a challenger")
    worker = _worker_of(service)
    user = next(user for user in range(20) if version_of(user) == "2")
    with Client(service.url) as client, Client(service.url) as idle:
        client.send(post(row(1), key_line(user)))
        assert_answered(client.answers(1)[0], 1, "2")
        os.kill(worker, signal.SIGSTOP)
        client.send(b"".join(post(row(number), key_line(user)) for number in range(3)))
        assert client.is_silent(0.1)
        service.process.send_signal(signal.SIGTERM)
        for number, answer in enumerate(client.answers(3)):
            assert_answered(answer, number, "1")
        assert answer.closes
        assert idle.end() == b""
    assert service.process.wait(30) == 0
    assert not Path(f"/proc/{worker}").exists()


def _worker_of(service: Service) -> int:
    """The process id of the challenger."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
            command = (stat.parent / "cmdline").read_bytes()
        except OSError:  # it has ended
            continue
        if parent == service.process.pid and b"challenger_worker" in command:
            found.append(int(stat.parent.name))
    (pid,) = found
    return pid
