"""Asks for predictions over a plain socket and reports what came of them; when to ask is its kinds' affair."""

from __future__ import annotations

import time
from typing import Any, ClassVar

from locust import User
from locust.env import Environment
from locust.exception import CatchResponseError

from load.connection import Connection
from load.failure import answer_failure, network_failure
from load.payload import payload_of
from load.response import ClosedWithoutAnswerError, MalformedResponseError
from load.target_url import PREDICT_PATH, Target


class Sender(User):
    """A user without a task: Locust adds the tasks of a class to those that it inherits, so the kinds share none."""

    abstract = True
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

    def ask(self, due: float) -> None:
        """Ask for a prediction; its latency counts from when it was due, as `perf_counter` tells time."""
        try:
            response = self._connection.exchange(self._request)
        except (OSError, ClosedWithoutAnswerError, MalformedResponseError) as error:
            self.report(due, time.perf_counter(), network_failure(error))
        else:
            answered = time.perf_counter()
            self.report(due, answered, answer_failure(response.status, response.body), len(response.body))

    def report(self, due: float, ended: float, failure: str | None, length: int = 0) -> None:
        """Tell Locust what came of a request.

        Args:
            due: When it was due, as `perf_counter` tells time.
            ended: When it was over.
            failure: The name of what went wrong; None for a good answer.
            length: Bytes of the answer's body.
        """
        self.environment.events.request.fire(
            request_type="POST",
            name=PREDICT_PATH,
            response_time=(ended - due) * 1000,
            response_length=length,
            response=None,
            context={},
            exception=None if failure is None else CatchResponseError(failure),
            start_time=time.time() - (time.perf_counter() - due),
            url=self._url,
        )

    def on_stop(self) -> Any:
        """Hang up."""
        self._connection.close()
