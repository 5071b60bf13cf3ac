"""Base of the users with a plain socket: requests predictions and reports them; subclasses decide when."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, ClassVar

from locust import User
from locust.env import Environment
from locust.exception import CatchResponseError

from load.connection import Connection
from load.failure import answer_failure, network_failure
from load.payload import payload_of
from load.response import ClosedWithoutAnswerError, MalformedResponseError
from load.target_url import API_KEY_HEADER, PREDICT_PATH, TargetUrl
from load.tls import tls_context


def api_key_line(key: str) -> str:
    """The header line of an API key; empty without one."""
    return f"{API_KEY_HEADER}: {key}\r\n" if key else ""


class Sender(User):
    """A user without tasks: Locust adds the tasks of a class to those of its bases, so the subclasses define them."""

    abstract = True
    request_timeout: ClassVar[float] = 30
    api_key: ClassVar[str] = ""
    ca_file: ClassVar[Path | None] = None

    def __init__(self, environment: Environment) -> None:
        """Prepare the bytes of the request; the connection opens with the first request."""
        super().__init__(environment)
        target = TargetUrl.parse(self.host)
        body = payload_of(environment).encode()
        self._url = f"{self.host}{PREDICT_PATH}"
        self._connection = Connection(target, self.request_timeout, tls_context(self.ca_file))
        self._request = (
            f"POST {target.path}{PREDICT_PATH} HTTP/1.1\r\n"
            f"Host: {target.authority}\r\n"
            "User-Agent: locust-lean-user\r\n"
            "Accept: application/json\r\n"
            "Content-Type: application/json\r\n"
            f"{api_key_line(self.api_key)}"
            f"Content-Length: {len(body)}\r\n"
            "\r\n"
        ).encode() + body

    def predict_once(self, due: float) -> None:
        """Request one prediction; its latency counts from `due`, a time of `perf_counter`."""
        try:
            response = self._connection.exchange(self._request)
        except (OSError, ClosedWithoutAnswerError, MalformedResponseError) as error:
            self.report(due, time.perf_counter(), network_failure(error))
        else:
            answered = time.perf_counter()
            self.report(due, answered, answer_failure(response.status, response.body), len(response.body))

    def report(self, due: float, ended: float, failure: str | None, length: int = 0) -> None:
        """Report the outcome of a request to Locust.

        Args:
            due: When it was due, as a time of `perf_counter`.
            ended: When it ended, likewise.
            failure: The name of the failure; None for a good answer.
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
        """Close the connection."""
        self._connection.close()
