"""A load generator without a network: it records the set number of users, and answers with a given latency."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from capacity.generator.interface import LoadGenerator
from capacity.measure.percentiles import RECORD
from capacity.measure.resource_counter import ProcessCounter
from capacity.model.slo import offered_rate

_INTERVAL_SECONDS = 0.05


class SteadyGenerator:
    """Writes the files of a recorder, in a thread.

    Attributes:
        latency_ms: Latency by the number of users.
    """

    def __init__(self, folder: Path, latency_ms: Callable[[int], float]) -> None:
        """Start without users."""
        self.latency_ms = latency_ms
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def end(self) -> None:
        """Stop the thread."""
        self._stop.set()
        self._thread.join()

    def exit_output(self) -> None:
        """None: it never ends by itself."""

    def counter(self) -> ProcessCounter:
        """The counter of this process."""
        return ProcessCounter(os.getpid())

    def _run(self) -> None:
        due = 0.0
        previous = time.time()
        before = 0
        while not self._stop.wait(_INTERVAL_SECONDS):
            users = int((self._folder / "users").read_text())
            now = time.time()
            # A user that starts in this interval sends its first request in the next.
            sending, before = min(users, before), users
            due += offered_rate(sending) * (now - previous)
            count, due = int(due), due % 1
            answers = np.zeros(count, RECORD)
            answers["at"] = np.linspace(previous, now, count, endpoint=False)
            answers["ms"] = self.latency_ms(sending)
            previous = now
            with (self._folder / "answers-1.bin").open("ab") as file:
                file.write(answers.tobytes())
            with (self._folder / "events-1.jsonl").open("a") as file:
                file.write(json.dumps({"at": now, "users": users}) + "\n")


@contextmanager
def steady_load_generator(latency_ms: Callable[[int], float]) -> Iterator[LoadGenerator]:
    """A load generator whose process is a SteadyGenerator."""
    with LoadGenerator.shared_folder() as folder:
        generator = SteadyGenerator(folder, latency_ms)
        try:
            yield LoadGenerator(generator, folder)
        finally:
            generator.end()
