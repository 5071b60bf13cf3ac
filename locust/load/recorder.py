"""Writes every answer of a run to a file, for exact percentiles of any time window.

Locust's own figures are rounded (to 10 ms above 100 ms) and cover the whole run. A record is 14 bytes, little endian:
when the request should have been sent (seconds since 1970, float64), how long its answer took from then on
(milliseconds, float32), and its outcome (uint16): 0 for a good answer, else the number of a kind of failure, which a
line of the second file names.
"""

from __future__ import annotations

import json
import os
import struct
import time
from pathlib import Path
from typing import Any, Final

import gevent

RECORD: Final = struct.Struct("<dfH")
"""The format of one answer."""
_FLUSH_SECONDS: Final = 0.1


class Recorder:
    """Writes the answers and the number of users to files in a folder, two for each process.

    `answers-<pid>.bin` holds the records; `events-<pid>.jsonl` holds a line `{"at", "users"}` for every tenth of a
    second, written after the answers up to then, and a line `{"kind", "name"}` before the first record of that kind.
    """

    def __init__(self, folder: Path) -> None:
        """Write into this folder, which must exist, once a run begins."""
        self._folder = folder
        self._kinds: dict[str, int] = {}
        self._answers = bytearray()
        self._events: list[dict[str, Any]] = []
        self._writer: gevent.Greenlet | None = None

    def listen(self, events: Any) -> None:
        """Record from the start of a run to its end.

        Args:
            events: Locust's events.
        """
        events.request.add_listener(self.on_request)
        events.test_start.add_listener(self.on_test_start)
        events.quitting.add_listener(self.on_quitting)

    def on_request(self, *, response_time: float, exception: BaseException | None, start_time: float, **_: Any) -> None:
        """Record one answer."""
        kind = 0 if exception is None else self._kind(str(exception))
        self._answers += RECORD.pack(start_time, response_time, kind)

    def on_test_start(self, environment: Any, **_: Any) -> None:
        """Start the writer; a process with the UI makes many runs, with one writer for all."""
        if self._writer is None:
            self._writer = gevent.spawn(self._write_always, environment)
            self._writer.link_exception(lambda _: environment.runner.quit())

    def on_quitting(self, environment: Any, **_: Any) -> None:
        """Write the last answers."""
        self._write(environment)

    def _write_always(self, environment: Any) -> None:
        while True:
            self._write(environment)
            gevent.sleep(_FLUSH_SECONDS)

    def _write(self, environment: Any) -> None:
        """Append what is new; answers first, so that all answers up to the time of a line are in the file before it."""
        now = time.time()
        answers, self._answers = self._answers, bytearray()
        users = environment.runner.user_count if environment.runner is not None else 0
        lines = [*self._events, {"at": now, "users": users}]
        self._events = []
        # In a thread, because a slow disk must not stop the users.
        gevent.get_hub().threadpool.apply(self._append, (os.getpid(), bytes(answers), lines))

    def _append(self, process: int, answers: bytes, lines: list[dict[str, Any]]) -> None:
        with (self._folder / f"answers-{process}.bin").open("ab") as file:
            file.write(answers)
        with (self._folder / f"events-{process}.jsonl").open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)

    def _kind(self, name: str) -> int:
        kind = self._kinds.get(name)
        if kind is None:
            kind = self._kinds[name] = len(self._kinds) + 1
            self._events.append({"kind": kind, "name": name})
        return kind
