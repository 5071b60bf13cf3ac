"""A load generator without a network: it records the set number of users, and answers with a given latency."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from capacity.generator.interface import LoadGenerator
from capacity.measure.cgroup import Counters
from capacity.measure.percentiles import RECORD
from capacity.model.slo import offered_rate
from tests.unit.locust.capacity.clock import ManualClock


@dataclass(frozen=True)
class FixedCounter:
    """A process that uses memory and no CPU."""

    memory_mib: int = 100

    def read(self) -> Counters:
        """Always the same."""
        return Counters(0, self.memory_mib * 2**20)


class SteadyGenerator:
    """Writes the files of a recorder at each tick of a clock.

    Attributes:
        latency_ms: Latency by the number of users.
    """

    def __init__(self, folder: Path, latency_ms: Callable[[int], float], clock: ManualClock) -> None:
        """Start without users."""
        self.latency_ms = latency_ms
        self._folder = folder
        self._clock = clock
        self._due = 0.0
        self._previous = clock.time()
        self._users = 0
        clock.listeners.append(self._record)

    def exit_output(self) -> None:
        """None: it never ends by itself."""

    def counter(self) -> FixedCounter:
        """A counter that uses no CPU."""
        return FixedCounter()

    def _record(self) -> None:
        users = int((self._folder / "users").read_text())
        now = self._clock.time()
        # A user that starts in this interval sends its first request in the next.
        sending, self._users = min(users, self._users), users
        self._due += offered_rate(sending) * (now - self._previous)
        count, self._due = int(self._due), self._due % 1
        answers = np.zeros(count, RECORD)
        answers["at"] = np.linspace(self._previous, now, count, endpoint=False)
        answers["ms"] = self.latency_ms(sending)
        self._previous = now
        with (self._folder / "answers-1.bin").open("ab") as file:
            file.write(answers.tobytes())
        with (self._folder / "events-1.jsonl").open("a") as file:
            file.write(json.dumps({"at": now, "users": users}) + "\n")


@contextmanager
def steady_load_generator(latency_ms: Callable[[int], float], clock: ManualClock) -> Iterator[LoadGenerator]:
    """A load generator whose process is a SteadyGenerator."""
    with LoadGenerator.shared_folder() as folder:
        generator = SteadyGenerator(folder, latency_ms, clock)
        yield LoadGenerator(generator, folder, clock)
        clock.listeners.clear()
