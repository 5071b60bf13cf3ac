"""A load generator without a network: as many users as it is told, who all get their answers after a fixed time."""

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

_TURN_SECONDS = 0.05


class SteadyGenerator:
    """Writes what a recorder would write, in a thread.

    Attributes:
        latency_ms: By the number of users, how long an answer takes.
    """

    def __init__(self, folder: Path, latency_ms: Callable[[int], float]) -> None:
        """Begin with nobody."""
        self.latency_ms = latency_ms
        self._folder = folder
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._live)
        self._thread.start()

    def end(self) -> None:
        """Stop writing."""
        self._stop.set()
        self._thread.join()

    def last_words(self) -> None:
        """It never ends by itself."""

    def meter(self) -> ProcessCounter:
        """This process stands for it."""
        return ProcessCounter(os.getpid())

    def _live(self) -> None:
        due = 0.0
        then = time.time()
        before = 0
        while not self._stop.wait(_TURN_SECONDS):
            users = int((self._folder / "users").read_text())
            now = time.time()
            # Who comes now has asked nothing yet.
            asking, before = min(users, before), users
            due += offered_rate(asking) * (now - then)
            count, due = int(due), due % 1
            made = np.zeros(count, RECORD)
            made["at"] = np.linspace(then, now, count, endpoint=False)
            made["ms"] = self.latency_ms(asking)
            then = now
            with (self._folder / "answers-1.bin").open("ab") as file:
                file.write(made.tobytes())
            with (self._folder / "events-1.jsonl").open("a") as file:
                file.write(json.dumps({"at": now, "users": users}) + "\n")


@contextmanager
def steady_crowd(latency_ms: Callable[[int], float]) -> Iterator[LoadGenerator]:
    """A crowd of such a generator."""
    with LoadGenerator.folders() as folder:
        generator = SteadyGenerator(folder, latency_ms)
        try:
            yield LoadGenerator(generator, folder)
        finally:
            generator.end()
