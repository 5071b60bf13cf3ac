"""Micro-batching: one call for many requests, with separate outcomes for each request."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.errors import ApiError, OverloadedError, RefusedRowError
from src.failure_log import LOGGED
from src.service.flavors.computation import Computation
from src.service.metrics.metrics import Metrics
from src.service.prediction.encoders import MatrixEncoder
from src.service.prediction.method import PredictionError
from src.service.prediction.micro_batcher import (
    MAX_ROWS_PER_CALL,
    MAX_ROWS_WITH_SLOW_FALLBACK,
    SLOW_CALL_SECONDS,
    SLOW_CALLS,
    MicroBatcher,
)
from src.service.prediction.model import Outcome
from src.service.prediction.probabilities import Classifier, ClassProbabilities
from src.service.schema.column import Column
from src.service.schema.validator import Row
from tests.unit.inference_api.doubles import (
    BAD,
    BlockedEstimator,
    DoublingEstimator,
    FailingEstimator,
    PickyEstimator,
    model_of,
    regression,
)

COLUMNS = (Column("x", "number", "float64"),)
SLOW = pytest.mark.parametrize("slow", [False, True], ids=["loop", "thread"])


class BrokenEncoder(MatrixEncoder):
    """Fails before the model is called."""

    def groups(self, _rows: Sequence[Row]) -> list[list[int]]:
        """Raise."""
        raise RuntimeError("no groups")


class BusyEstimator(DoublingEstimator):
    """Takes a few milliseconds of CPU time for every call."""

    def answer(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Twice the first column, after some work."""
        start = time.thread_time()
        while time.thread_time() - start < 3 * SLOW_CALL_SECONDS:
            pass
        return super().answer(data)


class IdleEstimator(DoublingEstimator):
    """Sleeps for a few milliseconds in every call, as if stopped by a CPU quota."""

    def answer(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Twice the first column, after a pause."""
        time.sleep(3 * SLOW_CALL_SECONDS)
        return super().answer(data)


def batcher(estimator: Any, *, slow: bool = False, limit: int = 100_000, **options: Any) -> MicroBatcher:
    """A batcher of a model with one column."""
    return MicroBatcher(model_of(estimator, COLUMNS, slow=slow, **options), Metrics(), limit)


def rows(*values: float) -> list[Row]:
    """Rows of one column."""
    return [(value,) for value in values]


@st.composite
def callers(draw: st.DrawFn) -> list[tuple[list[float], int, bool]]:
    """Concurrent callers: the rows of each, after how many iterations it starts, and whether it is cancelled."""
    values = st.one_of(st.just(BAD), st.floats(0, 1e6))
    return draw(st.lists(st.tuples(st.lists(values, max_size=5), st.integers(0, 3), st.booleans()), max_size=15))


@SLOW
@given(callers())
def test_each_caller_gets_its_own_outcomes(slow: bool, plan: list[tuple[list[float], int, bool]]) -> None:  # noqa: FBT001
    """Each caller gets the outcomes of its own rows in order, and a bad row affects no other.

    Whatever the number of callers and of their rows, whenever they come, and whoever leaves.
    """
    estimator = PickyEstimator()

    async def caller(micro: MicroBatcher, values: list[float], turns: int) -> list[Outcome]:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await micro.predict(rows(*values))

    async def run() -> list[list[Outcome] | BaseException]:
        micro = batcher(estimator, slow=slow)
        tasks = [asyncio.create_task(caller(micro, values, turns)) for values, turns, _leaves in plan]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        for task, (_values, _turns, leaves) in zip(tasks, plan, strict=True):
            if leaves:
                task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    for outcomes, (values, _turns, leaves) in zip(asyncio.run(run()), plan, strict=True):
        if isinstance(outcomes, BaseException):
            assert leaves
            assert isinstance(outcomes, asyncio.CancelledError)
            continue
        assert len(outcomes) == len(values)
        for outcome, value in zip(outcomes, values, strict=True):
            if value == BAD:
                assert isinstance(outcome, RefusedRowError)
            else:
                assert outcome == value * 2
    assert not estimator.overlapped


@SLOW
async def test_requests_of_one_iteration_are_one_call(slow: bool) -> None:  # noqa: FBT001
    """Callers in one iteration of the event loop share one call of the model."""
    estimator = DoublingEstimator()
    micro = batcher(estimator, slow=slow)
    found = await asyncio.gather(*[micro.predict(rows(value, value + 0.5)) for value in range(50)])
    assert estimator.calls == [100]
    assert found == [[value * 2, value * 2 + 1] for value in range(50)]


async def test_rows_are_collected_during_a_slow_call() -> None:
    """During a slow call the event loop goes on, and new rows form one batch; calls never overlap."""
    estimator = BlockedEstimator()
    micro = batcher(estimator, slow=True)
    first = asyncio.create_task(micro.predict(rows(1)))
    await asyncio.to_thread(estimator.entered.wait, 30)
    later = [asyncio.create_task(micro.predict(rows(value))) for value in range(10)]
    await asyncio.sleep(0)
    assert not first.done()
    estimator.release.set()
    assert await first == [2]
    assert await asyncio.gather(*later) == [[value * 2] for value in range(10)]
    assert estimator.calls == [1, 10]
    assert not estimator.overlapped


async def test_too_many_rows_wait() -> None:
    """Rows beyond the limit are refused at once; the waiting rows are predicted, and then new ones are accepted."""
    estimator = BlockedEstimator()
    micro = batcher(estimator, slow=True, limit=5)
    first = asyncio.create_task(micro.predict(rows(1)))
    await asyncio.to_thread(estimator.entered.wait, 30)
    waiting = asyncio.create_task(micro.predict(rows(2, 3, 4)))
    await asyncio.sleep(0)
    with pytest.raises(OverloadedError, match="3 rows are waiting"):
        await micro.predict(rows(5, 6, 7))
    estimator.release.set()
    assert (await first, await waiting) == ([2], [4, 6, 8])
    assert await micro.predict(rows(5, 6, 7)) == [10, 12, 14]


async def test_batch_over_the_limit_with_an_empty_queue() -> None:
    """A batch larger than the limit is accepted when the queue is empty."""
    micro = batcher(DoublingEstimator(), limit=2)
    assert await micro.predict(rows(1, 2, 3)) == [2, 4, 6]


@SLOW
async def test_cancelled_callers_leave_the_queue(slow: bool) -> None:  # noqa: FBT001
    """A caller that is cancelled before or during the prediction affects no other, and its rows leave the queue."""
    estimator = DoublingEstimator()
    micro = batcher(estimator, slow=slow)
    leaving = [asyncio.create_task(micro.predict(rows(value))) for value in range(20)]
    staying = asyncio.create_task(micro.predict(rows(7)))
    await asyncio.sleep(0)
    for task in leaving:
        task.cancel()
    assert await staying == [14]
    assert await micro.predict(rows(8)) == [16]
    assert all(task.cancelled() for task in leaving)


async def test_thousands_of_rows_are_split_in_the_thread() -> None:
    """Thousands of rows are predicted in the thread also for a fast model, in calls of limited size."""
    estimator = BlockedEstimator()
    micro = batcher(estimator)
    values = [float(value) for value in range(MAX_ROWS_PER_CALL * 2 + 5)]
    task = asyncio.create_task(micro.predict(rows(*values)))
    await asyncio.to_thread(estimator.entered.wait, 30)
    estimator.release.set()
    assert await task == [value * 2 for value in values]
    assert estimator.calls == [MAX_ROWS_PER_CALL, MAX_ROWS_PER_CALL, 5]


async def test_fast_model_returns_to_the_event_loop() -> None:
    """After thousands of rows a fast model is called in the event loop again."""
    micro = batcher(DoublingEstimator())
    await micro.predict(rows(*range(MAX_ROWS_PER_CALL + 1)))
    await asyncio.sleep(0)
    task = asyncio.create_task(micro.predict(rows(1)))
    for _ in range(3):
        await asyncio.sleep(0)
    assert task.done()
    assert task.result() == [2]


async def test_no_rows() -> None:
    """No rows have no outcomes."""
    assert await batcher(DoublingEstimator()).predict([]) == []


@SLOW
@pytest.mark.parametrize("error", [RuntimeError("boom"), MemoryError(), ZeroDivisionError()])
async def test_failing_model(error: Exception, slow: bool) -> None:  # noqa: FBT001
    """A model that always fails gives every row an error, and the batcher continues."""
    micro = batcher(FailingEstimator(error), slow=slow)
    for _ in range(2):
        found = await asyncio.gather(*[micro.predict(rows(1, 2)) for _ in range(3)])
        assert all(isinstance(outcome, PredictionError) for outcomes in found for outcome in outcomes)


@SLOW
async def test_no_caller_waits_forever(slow: bool) -> None:  # noqa: FBT001
    """A failure outside of the model is an error for the requests of that batch; none waits forever."""
    micro = batcher(DoublingEstimator(), slow=slow, encoder=BrokenEncoder(COLUMNS))
    for turn in range(2):
        calls = [micro.predict(rows(value)) for value in range(3)]
        found = await asyncio.wait_for(asyncio.gather(*calls), 30)
        for [outcome] in found:
            assert isinstance(outcome, ApiError)
            assert outcome.detail == f"the model failed: RuntimeError; {LOGGED}"
            assert (outcome.unlogged is None) == (turn > 0)  # only the first failure of a kind is logged


@SLOW
async def test_batches_are_counted(slow: bool) -> None:  # noqa: FBT001
    """Each batch is one observation of its rows."""
    metrics = Metrics()
    micro = MicroBatcher(model_of(regression(), slow=slow), metrics, 100)
    await asyncio.gather(*[micro.predict([(1.0, 2.0, 3.0)]) for _ in range(4)])
    text = metrics.text().decode()
    assert "inference_batch_rows_sum 4.0" in text
    assert "inference_batch_rows_count 1.0" in text
    assert "inference_predict_duration_seconds_count 1.0" in text


async def test_slow_batches_move_to_the_thread() -> None:
    """After a few slow calls the model is called in the thread, although its first row was fast."""
    micro = batcher(BusyEstimator())
    assert micro.is_quick(1)
    for _ in range(SLOW_CALLS):
        assert await micro.predict(rows(2)) == [4.0]
    assert not micro.is_quick(1)
    assert await micro.predict(rows(3)) == [6.0]


async def test_slow_large_batches_leave_small_ones_in_the_loop() -> None:
    """After slow calls in the loop, it gets half as many rows at a time; slow calls in the thread change nothing."""
    micro = batcher(BusyEstimator())
    for _ in range(SLOW_CALLS):
        await micro.predict(rows(*range(MAX_ROWS_PER_CALL + 1)))
    assert micro.is_quick(MAX_ROWS_PER_CALL)
    for _ in range(SLOW_CALLS):
        await micro.predict(rows(*range(101)))
    assert micro.is_quick(50)
    assert not micro.is_quick(51)


@pytest.mark.parametrize("direct", [False, True])
async def test_calls_beside_the_thread(direct: bool) -> None:  # noqa: FBT001
    """While the thread calls an estimator, the loop does not call it; a direct computation may serve both."""
    estimator = BlockedEstimator()
    model = model_of(estimator, COLUMNS)
    if direct:
        computation = Computation(estimator.answer)
        model = replace(model, method=replace(model.method, computation=computation))
    micro = MicroBatcher(model, Metrics(), 10_000)
    large = asyncio.create_task(micro.predict(rows(*range(MAX_ROWS_PER_CALL + 1))))
    await asyncio.to_thread(estimator.entered.wait, 30)
    assert micro.is_quick(1) is direct
    estimator.release.set()
    await large
    await asyncio.sleep(0)
    assert micro.is_quick(1)


async def test_stopped_process_does_not_count_as_slow() -> None:
    """Time in which the process does not run does not count."""
    micro = batcher(IdleEstimator())
    for _ in range(2 * SLOW_CALLS):
        assert await micro.predict(rows(2)) == [4.0]
    assert micro.is_quick(1)


def test_many_rows_beside_a_slow_fallback() -> None:
    """When rows may be left to a slow estimator, only small batches are predicted in the event loop."""
    model = replace(model_of(DoublingEstimator()), fallback_seconds=SLOW_CALL_SECONDS * 2)
    micro = MicroBatcher(model, Metrics(), 10_000)
    assert micro.is_quick(MAX_ROWS_WITH_SLOW_FALLBACK)
    assert not micro.is_quick(MAX_ROWS_WITH_SLOW_FALLBACK + 1)
    assert MicroBatcher(model_of(DoublingEstimator()), Metrics(), 10_000).is_quick(MAX_ROWS_PER_CALL)


class Halves(DoublingEstimator):
    """Has probabilities of two classes: of the first column, and what is left to one."""

    def predict_proba(self, data: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """One row of two numbers for each row."""
        return np.stack([data[:, 0], 1 - data[:, 0]], axis=1)


@SLOW
async def test_rows_with_and_without_probabilities_wait_together(slow: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Each request gets what it asked for, in the order of its rows."""
    estimator = Halves()
    model = model_of(estimator, COLUMNS, slow=slow)
    method = replace(model.method, name="predict_proba")
    subject = MicroBatcher(replace(model, classifier=Classifier.of(["a", "b"], method)), Metrics(), 100)
    plain, wanted, other = await asyncio.gather(
        subject.predict(rows(0.25, 0.5)),
        subject.predict(rows(0.5, 1.0), probabilities=True),
        subject.predict(rows(3.0)),
    )
    assert plain == [0.5, 1.0]
    assert wanted == [ClassProbabilities(1.0, [0.5, 0.5]), ClassProbabilities(2.0, [1.0, 0.0])]
    assert other == [6.0]


async def test_a_row_without_probabilities_is_an_error() -> None:
    """A row for which one of the two methods fails has its own error; the others have their probabilities."""
    model = model_of(PickyEstimator(), COLUMNS)
    method = replace(model_of(Halves(), COLUMNS).method, name="predict_proba")
    subject = MicroBatcher(replace(model, classifier=Classifier.of(["a", "b"], method)), Metrics(), 100)
    found = await subject.predict(rows(0.5, BAD, 0.0), probabilities=True)
    assert found[0] == ClassProbabilities(1.0, [0.5, 0.5])
    assert isinstance(found[1], RefusedRowError)
    assert found[2] == ClassProbabilities(0.0, [0.0, 1.0])


class ListObserver:
    """Keeps what it is given."""

    def __init__(self) -> None:
        """Start with nothing."""
        self.seen: list[tuple[list[Row], list[Outcome]]] = []

    def observe(self, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
        """Keep a batch."""
        self.seen.append((list(rows), list(outcomes)))


@SLOW
async def test_observers_get_each_predicted_batch(*, slow: bool) -> None:
    """Every observer gets the rows of a call with their outcomes, and one that is removed gets no more."""
    subject, first, second = batcher(DoublingEstimator(), slow=slow), ListObserver(), ListObserver()
    subject.observers = (first, second)
    await asyncio.gather(subject.predict(rows(1)), subject.predict(rows(2, 3)))
    subject.observers = (second,)
    await subject.predict(rows(4))
    assert first.seen == [([(1,), (2,), (3,)], [2.0, 4.0, 6.0])]
    assert second.seen == [*first.seen, ([(4,)], [8.0])]
