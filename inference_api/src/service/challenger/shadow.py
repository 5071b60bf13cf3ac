"""Shadow traffic: a sample of the champion's rows is predicted by the challenger too, and the answers are compared."""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from collections.abc import Sequence
from math import log
from random import random
from time import perf_counter
from typing import Final, Protocol

from src.errors import ApiError
from src.service.challenger.agreement import Agreement
from src.service.challenger.challenger import ChallengerError
from src.service.metrics.cgroup import CgroupCollector
from src.service.metrics.challenger_metrics import SHADOW, ChallengerMetrics
from src.service.prediction.model import Outcome
from src.service.prediction.outputs import Answer
from src.service.prediction.probabilities import ClassProbabilities
from src.service.schema.validator import Row

logger = logging.getLogger(__name__)

MAX_WAITING_ROWS: Final = 2048
MAX_ROWS: Final = 256
"""Most rows that go to the challenger together."""
REST_SECONDS: Final = 0.05
"""Least time between two groups of rows."""
CPU_SHARE: Final = 0.2
"""Most of the CPU that the container may use which the challenger uses for shadowed rows."""
PERIOD_SECONDS: Final = 0.1
"""The period of a CPU quota; within it the challenger's rows must leave the champion its part."""
THROTTLED_REST_SECONDS: Final = 1.0
"""Rest after the CPU quota has stopped the container: the champion needs all of it."""
_FULL: Final = 100.0


class ShadowProcess(Protocol):
    """The process that has the challenger's model."""

    async def predict_measured(self, rows: Sequence[Row]) -> tuple[list[Outcome], float]:
        """The outcomes of rows, and the CPU time that they took."""
        ...

    def is_idle(self) -> bool:
        """Whether it has nothing to do."""
        ...


class Shadow:
    """Observes the champion's batches, and sends a sample to the challenger later, a few rows at a time.

    It never waits for the challenger while a batch is observed: rows beyond `MAX_WAITING_ROWS` are dropped.

    Attributes:
        agreement: Sums over the rows that were compared since it exists.
    """

    def __init__(self, version: str, process: ShadowProcess, metrics: ChallengerMetrics, percent: float) -> None:
        """Take nothing yet.

        Args:
            version: The challenger's version.
            process: Has its model.
            metrics: Counts the rows.
            percent: Share of the rows that it predicts, above 0.
        """
        self.agreement = Agreement()
        self._version = version
        self._process = process
        self._metrics = metrics
        self._waiting: deque[tuple[Row, Answer]] = deque()
        self._dropped = 0
        self._percent = percent
        self._skip = self._next_skip()
        self._cpu = CpuBudget()

    def set_percent(self, percent: float) -> None:
        """Change the share of the rows."""
        if percent != self._percent:
            self._percent = percent
            self._skip = self._next_skip()

    def observe(self, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
        """Take a sample of a batch: each row with the same probability. Rows that are not in it cost nothing."""
        place = self._skip
        count = len(rows)
        while place < count:
            self._take(rows[place], outcomes[place])
            place += 1 + self._next_skip()
        self._skip = place - count

    async def run(self) -> None:
        """Send what was taken, until cancelled or until the challenger has ended."""
        while True:
            await asyncio.sleep(self._cpu.rest())
            self._count_dropped()
            if self._waiting and self._process.is_idle():
                try:
                    await self._send()
                except ChallengerError:  # it has ended, or clients' requests fill its queue
                    self._count_dropped()
                except Exception:  # of the service: the rows that follow are tried
                    logger.exception("shadowed rows cannot be compared")

    def _take(self, row: Row, outcome: Outcome) -> None:
        if isinstance(outcome, ApiError):
            return
        if len(self._waiting) >= MAX_WAITING_ROWS:
            self._dropped += 1
            return
        self._waiting.append((row, outcome.prediction if isinstance(outcome, ClassProbabilities) else outcome))

    def _next_skip(self) -> int:
        """Number of rows before the next one of the sample; geometric, so that each row has the same probability."""
        if self._percent >= _FULL:
            return 0
        return int(log(1.0 - random()) / log(1.0 - self._percent / _FULL))  # noqa: S311 - a sample, not a secret

    def _count_dropped(self) -> None:
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._metrics.dropped(self._version, dropped)

    async def _send(self) -> None:
        count = min(self._cpu.rows(), len(self._waiting))
        taken = [self._waiting.popleft() for _ in range(count)]
        start = perf_counter()
        try:
            outcomes, cpu_seconds = await self._process.predict_measured([row for row, _answer in taken])
        except ChallengerError:
            self._dropped += count
            raise
        found = Agreement()
        failed = 0
        for (_row, champion), challenger in zip(taken, outcomes, strict=True):
            if isinstance(challenger, ApiError):
                failed += 1
            else:
                found.add(champion, challenger)
        self._cpu.used(count, cpu_seconds)
        self.agreement.include(found)
        self._metrics.shadowed(self._version, count - failed, failed, perf_counter() - start)
        self._metrics.rows(SHADOW, self._version, count)
        self._metrics.compared(self._version, found.rows, found.agreeing, found.absolute, found.relative)


class CpuBudget:
    """Bounds what shadowed rows take of the container's CPU: small groups of rows, with rests between them.

    The process of the challenger has low priority, but a CPU quota counts what both use together.
    """

    def __init__(self, cgroup: CgroupCollector | None = None) -> None:
        """Start with one row.

        Args:
            cgroup: The control group; that of this process unless given.
        """
        self._cgroup = cgroup or CgroupCollector()
        values = self._cgroup.values()
        cores = values.get("inference_cpu_limit_cores", float(os.cpu_count() or 1))
        self._cores = CPU_SHARE * cores
        self._throttled = values.get("inference_cpu_throttled_periods", 0.0)
        self._looked = perf_counter()
        self._rows = 1
        self._rest = REST_SECONDS

    def rows(self) -> int:
        """Number of rows that may go out together."""
        return self._rows

    def rest(self) -> float:
        """Seconds to wait before the next rows."""
        rest, self._rest = self._rest, REST_SECONDS
        return rest

    def used(self, rows: int, cpu_seconds: float) -> None:
        """Learn from rows that were predicted: how many may follow, and when."""
        allowed = self._cores * PERIOD_SECONDS
        fitting = int(rows * allowed / max(cpu_seconds, 1e-9))
        self._rows = max(1, min(fitting, max(self._rows, 2 * rows), MAX_ROWS))
        self._rest = max(REST_SECONDS, cpu_seconds / self._cores)
        if perf_counter() - self._looked >= THROTTLED_REST_SECONDS:
            self._looked = perf_counter()
            throttled = self._cgroup.values().get("inference_cpu_throttled_periods", 0.0)
            if throttled > self._throttled:
                self._rest = max(self._rest, THROTTLED_REST_SECONDS)
            self._throttled = throttled
