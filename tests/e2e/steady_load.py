"""Predictions at a fixed rate that does not depend on the response times."""

import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import Self
from urllib.parse import urlsplit

from tests.e2e.compose_stack import SAMPLE

_CLIENTS = 16


@dataclass
class SteadyLoad:
    """Sends `rate` predictions per second over keep-alive connections until the block ends.

    Attributes:
        url: Base URL of the API.
        rate: Requests per second.
        headers: Further headers of each request.
        outcomes: Number of responses by status, and of errors by the name of their class.
        failures: Descriptions of the first responses that were not 200.
        slowest: The longest time in seconds from when a request was due to its response.
    """

    url: str
    rate: int
    headers: Mapping[str, str] = field(default_factory=dict)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _clients: list[threading.Thread] = field(default_factory=list, repr=False)

    def __enter__(self) -> Self:
        """Start sending."""
        begin = time.monotonic()
        self._clients = [threading.Thread(target=self._client, args=(number, begin)) for number in range(_CLIENTS)]
        for client in self._clients:
            client.start()
        return self

    def send(self, requests: int) -> None:
        """Wait for the outcomes of this many more requests."""
        target = self.outcomes.total() + requests
        while self.outcomes.total() < target:
            time.sleep(0.05)

    def __exit__(self, *_error: object) -> None:
        """Stop sending and wait for the responses that are due."""
        self._ended.set()
        for client in self._clients:
            client.join()

    def _client(self, number: int, begin: float) -> None:
        address = urlsplit(self.url)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=30)
        body, headers = json.dumps(SAMPLE).encode(), {"Content-Type": "application/json", **self.headers}
        for turn in itertools.count(number, _CLIENTS):
            due = begin + turn / self.rate
            if self._ended.wait(max(0.0, due - time.monotonic())):
                break
            try:
                connection.request("POST", "/predict", body, headers)
                answer = connection.getresponse()
                text, outcome = answer.read().decode(), str(answer.status)
            except (OSError, HTTPException) as error:
                connection.close()
                text, outcome = str(error), type(error).__name__
            with self._lock:
                self.outcomes[outcome] += 1
                self.slowest = max(self.slowest, time.monotonic() - due)
                if outcome != "200" and len(self.failures) < _CLIENTS:
                    self.failures.append(f"{due - begin:.2f} s: {outcome} {text[:200]}")
        connection.close()
