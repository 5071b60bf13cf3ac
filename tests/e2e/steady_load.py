"""A modest load at a fixed rate, on schedule whatever the answers take."""

import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from tests.e2e.compose_stack import SAMPLE

_CLIENTS = 16


@dataclass
class SteadyLoad:
    """Predictions at `rate` a second for `seconds`, over keep-alive connections.

    Attributes:
        outcomes: How often each status came, or each error by its name.
        failures: The first few answers that were not 200.
        slowest: The longest time from a request's scheduled moment to its answer.
    """

    url: str
    rate: int
    seconds: float
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    slowest: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)
    _clients: list[threading.Thread] = field(default_factory=list, repr=False)

    def start(self) -> None:
        """Begin to send."""
        begin = time.monotonic()
        self._clients = [threading.Thread(target=self._client, args=(number, begin)) for number in range(_CLIENTS)]
        for client in self._clients:
            client.start()

    def wait(self) -> None:
        """Wait for the last answer."""
        for client in self._clients:
            client.join()

    def _client(self, number: int, begin: float) -> None:
        address = urlsplit(self.url)
        connection = HTTPConnection(str(address.hostname), address.port, timeout=30)
        body, headers = json.dumps(SAMPLE).encode(), {"Content-Type": "application/json"}
        for turn in range(number, int(self.rate * self.seconds), _CLIENTS):
            due = begin + turn / self.rate
            time.sleep(max(0.0, due - time.monotonic()))
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
