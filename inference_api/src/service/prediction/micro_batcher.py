"""Micro-batching: rows that arrive together are predicted in one call."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter, thread_time
from typing import Final

from src.errors import OverloadedError
from src.service.metrics.metrics import Metrics
from src.service.prediction.batch_observer import BatchObserver
from src.service.prediction.model import LoadedModel, Outcome
from src.service.schema.validator import Row

logger = logging.getLogger(__name__)

_Waiting = list[tuple[Sequence[Row], bool, asyncio.Future[list[Outcome]]]]
"""Rows, whether their probabilities are wanted, and where the outcomes go."""

SLOW_CALL_SECONDS: Final = 0.001
SLOW_CALLS: Final = 3
MAX_ROWS_PER_CALL: Final = 1024
MAX_ROWS_WITH_SLOW_FALLBACK: Final = 64


class MicroBatcher:
    """Collects the rows of one iteration of the event loop and predicts them together.

    A fast model is called in the event loop: a thread would cost more than the call. A model that takes longer than
    `SLOW_CALL_SECONDS`, or a call with thousands of rows, runs in one thread, so that the loop goes on accepting
    requests; the next batch is collected during the call. The time of one row, measured when the model was loaded, is
    a first estimate: where calls in the loop turn out slow, the loop gets fewer rows at a time later, or none. There is
    never more than one call of an estimator at a time (`predict` is not audited for threads,
    https://github.com/scikit-learn/scikit-learn/issues/18530), but for rows that a direct computation leaves to it: a
    direct computation changes nothing, and the loop may compute a few rows while the thread computes many.

    Attributes:
        model: The model.
        observers: Get each batch after it was predicted; may be replaced at any time.
    """

    def __init__(self, model: LoadedModel, metrics: Metrics, max_queue_rows: int) -> None:
        """Create the batcher of one model; each model has its own, so that no batch mixes versions.

        Args:
            model: The model.
            metrics: Counts the batches.
            max_queue_rows: Most rows that may wait; more raise `OverloadedError`.
        """
        self.model = model
        self.observers: tuple[BatchObserver, ...] = ()
        self._metrics = metrics
        self._max_queue_rows = max_queue_rows
        self._waiting: _Waiting = []
        self._rows = 0
        self._scheduled = False
        methods = (model.method, model.classifier.method) if model.classifier else (model.method,)
        self._may_overlap = all(method.computation is not None for method in methods)
        self._running = False
        self._slow_calls = 0
        # Refused rows are found by bisection with the estimator itself, which may take seconds for many rows.
        slow_fallback = model.fallback_seconds > SLOW_CALL_SECONDS
        most = MAX_ROWS_WITH_SLOW_FALLBACK if slow_fallback else MAX_ROWS_PER_CALL
        self._max_rows = 0 if model.seconds_per_call > SLOW_CALL_SECONDS else most
        self._thread = ThreadPoolExecutor(1, "predict")  # the thread starts with the first call
        self._tasks: set[asyncio.Task[None]] = set()

    def is_quick(self, rows: int) -> bool:
        """Whether a call with this number of rows is short enough for the event loop, and may be made now."""
        return rows <= self._max_rows and (self._may_overlap or not self._running)

    def waiting_rows(self) -> int:
        """Number of rows in the queue."""
        return self._rows

    def room(self) -> int:
        """Number of rows that may be added to the queue."""
        return max(self._max_queue_rows - self._rows, 0)

    def admits(self, rows: int) -> bool:
        """Whether a request with so many rows may wait: when it finds room, or nothing waits."""
        return not self._rows or rows <= self.room()

    def overloaded(self) -> OverloadedError:
        """The error for a row when the queue is full."""
        return OverloadedError(f"{self._rows} rows are waiting for the model")

    def predict_now(self, rows: Sequence[Row], *, probabilities: bool = False) -> list[Outcome]:
        """Predict rows now. Each row gets an outcome, in order, also when the call fails.

        Args:
            rows: Validated rows; in the event loop only as many as `is_quick` allows.
            probabilities: Whether the outcomes are `ClassProbabilities`; the model must have them.
        """
        # CPU time, not wall time: under a CPU quota, or beside a busy process, some calls take long in wall time.
        start = thread_time()
        try:
            return self._outcomes(rows, self.model.predict_with_probabilities if probabilities else self.model.predict)
        except Exception as error:  # noqa: BLE001 - an estimator may raise anything, and no request may wait forever
            return [self.model.failed(error)] * len(rows)
        finally:
            if len(rows) <= self._max_rows:
                self._note_duration(len(rows), thread_time() - start)

    async def predict(self, rows: Sequence[Row], *, probabilities: bool = False) -> list[Outcome]:
        """Queue rows and wait for their outcomes, in order.

        Args:
            rows: Validated rows.
            probabilities: Whether the outcomes are `ClassProbabilities`; the model must have them.

        Raises:
            OverloadedError: When too many rows are waiting.
        """
        if not self.admits(len(rows)):
            raise self.overloaded()
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Outcome]] = loop.create_future()
        self._waiting.append((rows, probabilities, future))
        self._rows += len(rows)
        if not self._scheduled:
            self._scheduled = True
            loop.call_soon(self._start)
        return await future

    def _start(self) -> None:
        if not self.is_quick(self._rows):
            task = asyncio.get_running_loop().create_task(self._run_in_thread())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return
        batch = self._take_batch()
        self._scheduled = False
        self._set_results(batch, self._predict_batch(batch))

    async def _run_in_thread(self) -> None:
        loop = asyncio.get_running_loop()
        self._running = True
        while self._waiting:
            batch = self._take_batch()
            self._set_results(batch, await loop.run_in_executor(self._thread, self._predict_batch, batch))
        self._running = self._scheduled = False

    def _note_duration(self, rows: int, seconds: float) -> None:
        self._slow_calls = self._slow_calls + 1 if seconds > SLOW_CALL_SECONDS else 0
        if self._slow_calls >= SLOW_CALLS:
            self._slow_calls = 0
            self._max_rows = rows // 2
            logger.info("calls with more rows are made beside the event loop from now on", extra={"rows": rows // 2})

    def _take_batch(self) -> _Waiting:
        batch, self._waiting, self._rows = self._waiting, [], 0
        return batch

    def _predict_batch(self, batch: _Waiting) -> dict[bool, list[Outcome]]:
        """The outcomes of all rows, in order, those without and those with probabilities."""
        found: dict[bool, list[Outcome]] = {}
        for wanted in (False, True):
            rows = [row for rows, probabilities, _future in batch if probabilities is wanted for row in rows]
            found[wanted] = self.predict_now(rows, probabilities=wanted) if rows else []
        return found

    def _outcomes(self, rows: Sequence[Row], predict: Callable[[Sequence[Row]], list[Outcome]]) -> list[Outcome]:
        start = perf_counter()
        outcomes: list[Outcome] = []
        for first in range(0, len(rows), MAX_ROWS_PER_CALL):
            outcomes += predict(rows[first : first + MAX_ROWS_PER_CALL])
        self._metrics.batch(len(rows), perf_counter() - start)
        for observer in self.observers:
            observer.observe(rows, outcomes)
        return outcomes

    @staticmethod
    def _set_results(batch: _Waiting, outcomes: dict[bool, list[Outcome]]) -> None:
        first = {False: 0, True: 0}
        for rows, probabilities, future in batch:
            start = first[probabilities]
            first[probabilities] += len(rows)
            if not future.done():  # cancelled when the client disconnected
                future.set_result(outcomes[probabilities][start : start + len(rows)])
