"""The standard user: Locust's FastHttpUser."""

from __future__ import annotations

import select
from pathlib import Path
from typing import ClassVar

from gevent import monkey
from gevent.socket import socket
from geventhttpclient.url import URL
from locust import FastHttpUser, between, task
from locust.contrib.fasthttp import LocustBadStatusCode
from locust.env import Environment

from load import think_time
from load.failure import answer_failure, network_failure
from load.payload import payload_of
from load.target_url import API_KEY_HEADER, PREDICT_PATH
from load.tls import context_factory

# Locust replaced poll by gevent's, which switches to other users even when it only checks.
_poll: type[select.poll] = monkey.get_original("select", "poll")


class FastUser(FastHttpUser):
    """Sends a prediction request, waits, and repeats."""

    abstract = True
    wait_time = between(think_time.MIN_SECONDS, think_time.MAX_SECONDS)
    request_timeout: ClassVar[float] = 30
    api_key: ClassVar[str] = ""
    ca_file: ClassVar[Path | None] = None

    def __init__(self, environment: Environment) -> None:
        """Prepare the body and the headers of all requests."""
        self.network_timeout = self.connection_timeout = self.request_timeout
        self.insecure = self.ca_file is None
        self.ssl_context_factory = context_factory(self.ca_file)
        super().__init__(environment)
        self._body = payload_of(environment)
        self._headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.api_key:
            self._headers[API_KEY_HEADER] = self.api_key
        self._keep_connections_beyond_1024()

    @task
    def predict(self) -> None:
        """Request a prediction; only a 200 with a finite prediction counts as success."""
        with self.client.post(
            PREDICT_PATH,
            data=self._body,
            headers=self._headers,
            name=PREDICT_PATH,
            catch_response=True,
            allow_redirects=False,
        ) as response:
            error = response.request_meta["exception"]
            if error is None or isinstance(error, LocustBadStatusCode):
                failure = answer_failure(response.status_code, bytes(response.content or b""))
            else:
                failure = network_failure(error)
            if failure is None:
                response.success()
            else:
                response.failure(failure)

    def _keep_connections_beyond_1024(self) -> None:
        """Check an idle connection with poll(2) instead of select(2).

        select(2) cannot check descriptors from 1024 on, so geventhttpclient takes them for closed: with more than a
        thousand users in a process, each request would open a new connection.
        """
        client = self.client.client.clientpool.get_client(URL(str(self.host)))
        # The pool has no public way to say how it checks a connection.
        client._connection_pool._is_socket_alive = _is_open  # type: ignore[assignment, method-assign]  # noqa: SLF001


def _is_open(connection: socket | None) -> bool:
    """Whether a connection is open: nothing waits to be read, not even its end."""
    if connection is None or connection.fileno() < 0:
        return False
    poll = _poll()
    poll.register(connection.fileno(), select.POLLIN)
    return not poll.poll(0)
