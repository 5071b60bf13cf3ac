"""The user for one-machine runs at ten thousand users: a plain socket and nothing else."""

from __future__ import annotations

import math
import random
import time
from typing import Any, ClassVar

import gevent
from locust import User, between, task
from locust.env import Environment
from locust.exception import CatchResponseError

from connection import Connection
from failure import answer_failure, network_failure
from payload import payload_of
from response import ClosedWithoutAnswerError, MalformedResponseError
from target import PREDICT_PATH, Target

_LEAST_WAIT, _MOST_WAIT = 1, 2.5


def rest_of_a_wait() -> float:
    """How long somebody still waits who is met at a random moment of waiting, in seconds.

    With it the users ask at their rate from the first moment on. All of them asking as they come would be a wave that
    takes several waits to settle. The wait that one falls into is longer than most (a wait of l seconds as often as l
    says), and every moment of it is as likely: https://en.wikipedia.org/wiki/Renewal_theory#The_inspection_paradox
    """
    wait = math.sqrt(random.uniform(_LEAST_WAIT**2, _MOST_WAIT**2))  # noqa: S311 - a wait is no secret
    return random.uniform(0, wait)  # noqa: S311 - as above


class LeanUser(User):
    """Predicts, waits 1 to 2.5 seconds, and again, for about half the CPU of the fast user; no TLS, no redirects."""

    abstract = True
    wait_time = between(_LEAST_WAIT, _MOST_WAIT)
    request_timeout: ClassVar[float] = 30

    def __init__(self, environment: Environment) -> None:
        """Prepare the bytes to send; the connection opens with the first request."""
        super().__init__(environment)
        target = Target.parse(self.host)
        body = payload_of(environment).encode()
        self._url = f"{self.host}{PREDICT_PATH}"
        self._connection = Connection(target, self.request_timeout)
        self._request = (
            f"POST {target.path}{PREDICT_PATH} HTTP/1.1\r\n"
            f"Host: {target.authority}\r\n"
            "User-Agent: locust-lean-user\r\n"
            "Accept: application/json\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n"
            "\r\n"
        ).encode() + body

    def on_start(self) -> None:
        """Come in the middle of a wait."""
        gevent.sleep(rest_of_a_wait())

    @task
    def predict(self) -> None:
        """Ask for a prediction and report what came of it, under the same name as the fast user."""
        self.ask(time.perf_counter())

    def ask(self, due: float) -> None:
        """Ask for a prediction; its latency counts from when it was due, as `perf_counter` tells time."""
        body = b""
        late = time.perf_counter() - due
        started_at = time.time() - late
        try:
            response = self._connection.exchange(self._request)
        except (OSError, ClosedWithoutAnswerError, MalformedResponseError) as error:
            elapsed = time.perf_counter() - due
            failure: str | None = network_failure(error)
        else:
            elapsed = time.perf_counter() - due
            body = response.body
            failure = answer_failure(response.status, body)
        self.environment.events.request.fire(
            request_type="POST",
            name=PREDICT_PATH,
            response_time=elapsed * 1000,
            response_length=len(body),
            response=None,
            context={},
            exception=None if failure is None else CatchResponseError(failure),
            start_time=started_at,
            url=self._url,
        )

    def on_stop(self) -> Any:
        """Hang up."""
        self._connection.close()
