"""Micro-batching: the rows of a moment become one `predict` call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, thread_time
from typing import Final

from src.errors import OverloadedError
from src.service.metrics.metrics import Metrics
from src.service.prediction.model import LoadedModel, Outcome
from src.service.schema.validator import Row

logger = logging.getLogger(__name__)

_Waiting = list[tuple[Sequence[Row], asyncio.Future[list[Outcome]]]]

SLOW_CALL_SECONDS: Final = 0.001
SLOW_CALLS: Final = 3
MAX_ROWS_PER_CALL: Final = 1024
MAX_ROWS_WITH_SLOW_FALLBACK: Final = 64


class MicroBatcher:
    """Collects the rows that one turn of the event loop brings and predicts them together.

    A quick model is called in the loop: a thread would cost more than the call. A model that takes longer than
    `SLOW_CALL_SECONDS`, or thousands of rows at once, are called in one thread, so that the loop goes on accepting;
    while it works, the next batch gathers. What one row took when the model was loaded is only the first guess: a
    model that turns out slow on the batches that really come moves to the thread then. There is never more than one
    call at a time (`predict` is not audited for threads, https://github.com/scikit-learn/scikit-learn/issues/18530).
    """

    def __init__(self, model: LoadedModel, metrics: Metrics, max_queue_rows: int) -> None:
        """Serve one model; a swapped model gets a batcher of its own, so that no batch mixes versions.

        Args:
            model: The model.
            metrics: Where batches are counted.
            max_queue_rows: Rows that may wait before `OverloadedError`.
        """
        self.model = model
        self._metrics = metrics
        self._max_queue_rows = max_queue_rows
        self._waiting: _Waiting = []
        self._rows = 0
        self._scheduled = False
        self._slow = model.seconds_per_call > SLOW_CALL_SECONDS
        self._slow_calls = 0
        # Refused rows are looked for by halving, with the estimator itself: many of them at once may take seconds.
        slow_fallback = model.fallback_seconds > SLOW_CALL_SECONDS
        self._most_rows = MAX_ROWS_WITH_SLOW_FALLBACK if slow_fallback else MAX_ROWS_PER_CALL
        self._thread = ThreadPoolExecutor(1, "predict")  # starts with its first call, ends with the batcher
        self._tasks: set[asyncio.Task[None]] = set()

    def is_quick(self, rows: int) -> bool:
        """Whether a call for so many rows is short enough for the event loop."""
        return not self._slow and rows <= self._most_rows

    def room(self) -> int:
        """Rows that may join those that wait already."""
        return max(self._max_queue_rows - self._rows, 0)

    def admits(self, rows: int) -> bool:
        """Whether a request with so many rows may wait: when it finds room, or nothing waits."""
        return not self._rows or rows <= self.room()

    def overloaded(self) -> OverloadedError:
        """What a row gets that finds no room."""
        return OverloadedError(f"{self._rows} rows are waiting for the model")

    def predict_now(self, rows: Sequence[Row]) -> list[Outcome]:
        """Outcomes of some rows, in their order; whatever fails, each row gets one.

        Args:
            rows: Validated rows; in the event loop only as many as `is_quick` allows.
        """
        # Not the wall's time: under a CPU quota, or beside a busy neighbour, every call is long now and then.
        start = thread_time()
        try:
            return self._outcomes(rows)
        except Exception as error:  # noqa: BLE001 - an estimator may raise anything, and nobody may wait for ever
            return [self.model.failed(error)] * len(rows)
        finally:
            self._slow_calls = self._slow_calls + 1 if thread_time() - start > SLOW_CALL_SECONDS else 0
            if self._slow_calls >= SLOW_CALLS and not self._slow:
                self._slow = True
                logger.info("the model is called beside the event loop from now on", extra={"rows": len(rows)})

    async def predict(self, rows: Sequence[Row]) -> list[Outcome]:
        """Wait for the outcomes of some rows, in their order.

        Raises:
            OverloadedError: When too many rows are waiting already.
        """
        if not self.admits(len(rows)):
            raise self.overloaded()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Outcome]] = loop.create_future()
        self._waiting.append((rows, future))
        self._rows += len(rows)
        if not self._scheduled:
            self._scheduled = True
            loop.call_soon(self._start)
        return await future

    def _start(self) -> None:
        if not self.is_quick(self._rows):
            task = asyncio.get_running_loop().create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        taken = self._take()
        self._scheduled = False
        self._settle(taken, self.predict_now(_rows_of(taken)))

    async def _work(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken = self._take()
            self._settle(taken, await loop.run_in_executor(self._thread, self.predict_now, _rows_of(taken)))
        self._scheduled = False

    def _take(self) -> _Waiting:
        taken, self._waiting, self._rows = self._waiting, [], 0
        return taken

    def _outcomes(self, rows: Sequence[Row]) -> list[Outcome]:
        start = perf_counter()
        outcomes: list[Outcome] = []
        for first in range(0, len(rows), MAX_ROWS_PER_CALL):
            outcomes += self.model.predict(rows[first : first + MAX_ROWS_PER_CALL])
        self._metrics.batch(len(rows), perf_counter() - start)
        return outcomes

    @staticmethod
    def _settle(taken: _Waiting, outcomes: list[Outcome]) -> None:
        first = 0
        for part, future in taken:
            if not future.done():  # a client that left has cancelled it
                future.set_result(outcomes[first : first + len(part)])
            first += len(part)


def _rows_of(taken: _Waiting) -> list[Row]:
    return [row for part, _future in taken for row in part]
