"""Run inside of a pod: predictions at a fixed rate on keep-alive connections, for a time or until standard input ends.

Prints one JSON object: `outcomes` by status or class of error, `failures` with the first ones in words, `slowest` in
seconds from when a request was due to its response, and `reconnected`: how often a connection that had been used before
was closed without a response, so that the request was sent again on a new one, as browsers and HTTP libraries do.
"""

import argparse
import itertools
import json
import socket
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from typing import Any

CLIENTS = 16
SHOWN = 10


class SteadyLoad:
    """Clients that take turns, so that together they send `rate` requests per second."""

    def __init__(self, address: tuple[str, int], rate: float, path: str, body: bytes, headers: dict[str, str]) -> None:
        """Nothing is sent yet."""
        self.outcomes: Counter[str] = Counter()
        self.failures: list[str] = []
        self.slowest = 0.0
        self.reconnected = 0
        self._address, self._rate, self._path, self._body, self._headers = address, rate, path, body, headers
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def run(self, seconds: float | None = None) -> None:
        """Send for so long, or until standard input ends."""
        begin = time.monotonic()
        clients = [threading.Thread(target=self._client, args=(number, begin)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        if seconds is None:
            sys.stdin.read()
        else:
            time.sleep(seconds)
        self._ended.set()
        for client in clients:
            client.join()

    def _client(self, number: int, begin: float) -> None:
        connection = HTTPConnection(*self._address, timeout=30)
        for turn in itertools.count(number, CLIENTS):
            due = begin + turn / self._rate
            if self._ended.wait(max(0.0, due - time.monotonic())):
                break
            used = connection.sock is not None
            outcome, text = self._send(connection)
            if used and outcome in {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError"}:
                outcome, text = self._send(connection)
                self.reconnected += 1
            with self._lock:
                self.outcomes[outcome] += 1
                self.slowest = max(self.slowest, time.monotonic() - due)
                if outcome != "200" and len(self.failures) < SHOWN:
                    self.failures.append(f"{due - begin:.2f} s: {outcome} {text[:200]}")
        connection.close()

    def _send(self, connection: HTTPConnection) -> tuple[str, str]:
        try:
            connection.request("POST", self._path, self._body, self._headers)
            if connection.sock is not None:
                connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            answer = connection.getresponse()
            return str(answer.status), answer.read().decode(errors="replace")
        except (OSError, HTTPException) as error:
            connection.close()
            return type(error).__name__, str(error)


def main() -> None:
    """Read the command line and send."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="gateway.taller5")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--rows", type=int, help="a batch of so many rows; without it, one prediction")
    parser.add_argument("--seconds", type=float, help="without it, until standard input ends")
    parser.add_argument("--key", help="the API key of each request")
    given = parser.parse_args()
    row: Any = {"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}
    path, body = ("/predict", row) if given.rows is None else ("/predict/batch", [row] * given.rows)
    headers = {"Content-Type": "application/json"} | ({"X-API-Key": given.key} if given.key else {})
    load = SteadyLoad((given.host, given.port), given.rate, path, json.dumps(body).encode(), headers)
    load.run(given.seconds)
    report = {name: getattr(load, name) for name in ("outcomes", "failures", "slowest", "reconnected")}
    print(json.dumps(report))  # noqa: T201 - the result on stdout is the interface


if __name__ == "__main__":
    main()
