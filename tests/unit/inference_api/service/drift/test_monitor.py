"""The monitor: which rows it samples, when it counts them, and what it reports."""

import asyncio
import json
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from independent_psi import independent_psi
from model_cases import CASES
from profiled_rows import columns_of, rows_of

from src.errors import ApiError, RefusedRowError
from src.service.drift import monitor as module
from src.service.drift.monitor import BURST_ROWS, ROWS_PER_SECOND, VALUES_PER_PORTION, DriftMonitor, count_regularly
from src.service.drift.sliding_counts import WindowSize
from src.service.feature_profile import CategoryProfile, ColumnProfile, FeatureProfile, NumberProfile
from src.service.prediction.outputs import unpack_answers
from src.service.prediction.probabilities import ClassProbabilities
from src.service.schema.column import Column
from src.service.schema.validator import Row
from src.service.training.profile import feature_profile
from tests.unit.inference_api.doubles import eventually

pytestmark = pytest.mark.filterwarnings("ignore:Hint. Inferred schema contains integer column:UserWarning")

SIZE = WindowSize(10_000, 3600.0)
DECILES = NumberProfile("number", tuple(range(9)), (10,) * 10)
COLUMN = (Column("x", "number", "float64"),)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        """Start at a time of its own."""
        self.now = 5000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


class Watch:
    """A monitor of rows of one number, whose predictions are the same numbers."""

    def __init__(
        self, prediction: ColumnProfile | None = DECILES, column: ColumnProfile = DECILES, size: WindowSize = SIZE
    ) -> None:
        """Start without rows."""
        self.clock = Clock()
        profile = FeatureProfile(100, {"x": column}, prediction)
        self.monitor = DriftMonitor("7", COLUMN, profile, size, self.clock)

    def send(self, rows: int, value: float = 0.5, outcomes: Sequence[Any] | None = None) -> None:
        """One batch."""
        batch: list[Row] = [(value,)] * rows
        self.monitor.observe(batch, [value] * rows if outcomes is None else outcomes)

    def count(self) -> int:
        """Count what was sampled; the rows in the window."""
        while self.monitor.count_portion():
            pass
        return self.monitor.report().rows


def test_all_rows_of_a_slow_stream() -> None:
    """When no more rows come than the rate allows, all of them are counted."""
    watch = Watch()
    for _ in range(300):
        watch.send(ROWS_PER_SECOND // 10)
        watch.clock.now += 0.1
    assert watch.count() == 30 * ROWS_PER_SECOND


@pytest.mark.parametrize("rows", [1, 57, 3000])
def test_some_rows_of_a_fast_stream(rows: int) -> None:
    """Of 6,000 rows a second so many are sampled as the rate allows, after the first burst."""
    watch = Watch(size=WindowSize(1_000_000, 3600.0))
    for _ in range(6000 * 10 // rows):
        watch.send(rows)
        watch.clock.now += rows / 6000
    assert watch.count() == pytest.approx(BURST_ROWS + 10 * ROWS_PER_SECOND, abs=ROWS_PER_SECOND)


def test_sample_of_a_large_batch() -> None:
    """A file in one request is sampled all over, so that its order does not matter."""
    watch = Watch()
    watch.monitor.observe([(float(place),) for place in range(10_000)], list(range(10_000)))
    ((_time, rows, outcomes),) = watch.monitor._sampled
    places = [row[0] for row in rows]
    assert places == outcomes
    assert len(set(places)) == BURST_ROWS
    assert np.mean(places) == pytest.approx(5000, abs=600)


def test_wide_rows_are_sampled_less() -> None:
    """For rows of hundreds of columns the number of values is limited, not the number of rows."""
    columns = tuple(Column(f"x{place}", "number", "float64") for place in range(200))
    monitor = DriftMonitor("7", columns, FeatureProfile(100, {"x0": DECILES}, None), SIZE, Clock())
    monitor.observe([(0.5,) * 200] * 5000, [0.5] * 5000)
    ((_time, rows, _outcomes),) = monitor._sampled
    assert len(rows) == BURST_ROWS / 10


def test_counting_in_portions() -> None:
    """One call counts a limited number of values, of rows that came at once or one by one, in their order."""
    columns = tuple(Column(f"x{place}", "number", "float64") for place in range(20))
    monitor = DriftMonitor("7", columns, FeatureProfile(100, {"x3": DECILES}, None), SIZE, Clock())
    for rows in (430, *[1] * 370):
        monitor.observe([(0.5,) * 20] * rows, [0.5] * rows)
    counted = []
    while monitor.count_portion():
        counted.append(monitor.report().rows)
    assert counted == list(range(100, 800, VALUES_PER_PORTION // 20))
    assert monitor.report().rows == 800
    assert not monitor.count_portion()


def test_too_few_rows_have_no_figure() -> None:
    """Below the smallest number of rows there is no figure, and the reason names the number."""
    watch = Watch()
    watch.send(499)
    watch.count()
    report = watch.monitor.report()
    assert (report.rows, report.columns, report.prediction) == (499, {"x": None}, None)
    assert report.missing_reason == "not enough rows yet: all figures need 500"
    watch.send(1)
    watch.count()
    report = watch.monitor.report()
    assert report.rows == 500
    assert report.columns["x"] is not None
    assert report.prediction is not None
    assert report.missing_reason == ""


def test_window_slides_by_rows_and_by_time() -> None:
    """New rows replace old ones, and without new ones the figures end with the window's time."""
    watch = Watch(size=WindowSize(1000, 60.0))
    for value in (0.5, 5.5):
        for _ in range(20):
            watch.send(ROWS_PER_SECOND, value)
            watch.count()
            watch.clock.now += 1.0
    assert 900 <= watch.monitor.report().rows <= 1000
    shares = watch.monitor._window.counts[:10] / watch.monitor.report().rows
    assert shares.tolist() == [0, 0, 0, 0, 0, 0, 1.0, 0, 0, 0]
    watch.clock.now += 61.0
    report = watch.monitor.report()
    assert (report.rows, report.since, report.columns) == (0, None, {"x": None})


def test_since_when() -> None:
    """The report has the time of the first row in the window."""
    watch = Watch()
    watch.send(10)
    watch.count()
    watch.clock.now += 90
    since = watch.monitor.report().since
    assert since is not None
    assert abs(datetime.now(UTC) - timedelta(seconds=90) - since) < timedelta(seconds=30)


ERROR = RefusedRowError("the model refuses this input")
LABELS = CategoryProfile(("yes", "no"), (60, 40))


@pytest.mark.parametrize(
    ("prediction", "outcomes", "counted"),
    [
        (LABELS, ["yes", "no", "no"], [1, 2, 0, 0]),
        (LABELS, ["yes", ERROR, "maybe"], [1, 0, 1, 0]),
        (LABELS, [ClassProbabilities("no", [0.1, 0.9])] * 3, [0, 3, 0, 0]),
        (LABELS, [["yes", "no"]] * 3, [0, 0, 0, 0]),
        (CategoryProfile((True, False), (60, 40)), [True, False, True], [2, 1, 0, 0]),
        (CategoryProfile((10, 20), (60, 40)), [10, 20, 30], [1, 1, 1, 0]),
        (NumberProfile("number", (1.5,), (50, 50)), [1.0, 2, ERROR], [1, 1, 0]),
        (NumberProfile("number", (1.5,), (50, 50)), ["text", True, [1.0]], [0, 0, 0]),
    ],
)
def test_predictions(prediction: ColumnProfile, outcomes: list[Any], counted: list[int]) -> None:
    """Labels and numbers are counted, also with probabilities; errors and predictions of another kind are not."""
    watch = Watch(prediction)
    watch.send(3, outcomes=outcomes)
    watch.count()
    assert watch.monitor._window.counts[11:].tolist() == counted
    assert watch.monitor._window.counts[:11].sum() == 3


def test_little_of_each_row_is_kept() -> None:
    """Until they are counted, sampled rows are kept without the rest of long texts and without probabilities."""
    columns = (Column("text", "string", "str"), *COLUMN)
    texts = CategoryProfile(("a" * 200, "b"), (60, 40))
    monitor = DriftMonitor("7", columns, FeatureProfile(100, {"text": texts}, LABELS), SIZE, Clock())
    rows: list[Row] = [("a" * 200, 1.0), ("a" * 201, 1.0), ("a" * 1_000_000, 1.0), ("b", 1.0), (None, 1.0)]
    monitor.observe(rows, [ClassProbabilities("no", [0.1, 0.9])] * 5)
    ((_time, kept, answers),) = monitor._sampled
    assert kept == [("a" * 200, 1.0), *[("a" * 201, 1.0)] * 2, ("b", 1.0), (None, 1.0)]
    assert answers == ["no"] * 5
    monitor.count_portion()
    assert monitor._window.counts.tolist() == [1, 1, 2, 1, 0, 5, 0, 0]


def test_columns_without_profile() -> None:
    """A column that the profile does not name has no figure; without predictions in it, these have none."""
    columns = (Column("y", "string", "str"), *COLUMN)
    monitor = DriftMonitor("7", columns, FeatureProfile(100, {"x": DECILES}, None), SIZE, Clock())
    monitor.observe([("text", 0.5)] * 600, [1.0] * 600)
    while monitor.count_portion():
        pass
    report = monitor.report()
    assert report.columns["y"] is None
    assert report.columns["x"] is not None
    assert (report.prediction, report.missing_reason) == (None, "")


def test_profile_of_the_predictions_alone() -> None:
    """Without any column in the profile the predictions are compared."""
    monitor = DriftMonitor("7", COLUMN, FeatureProfile(100, {}, DECILES), SIZE, Clock())
    monitor.observe([(0.5,)] * 600, [1.0] * 600)
    while monitor.count_portion():
        pass
    assert monitor.report().columns == {"x": None}
    assert monitor.report().prediction is not None


def test_rows_that_cannot_be_counted(caplog: pytest.LogCaptureFixture) -> None:
    """If counting fails, the log has the exception once, the report says so, and nothing is raised."""
    watch = Watch()
    for _ in range(3):
        watch.monitor.observe([("no number",)] * 300, [1.0] * 300)
        with caplog.at_level(logging.ERROR):
            watch.count()
    assert [record.message for record in caplog.records] == ["rows cannot be compared with the training rows"]
    assert watch.monitor.report().missing_reason == "rows cannot be compared with the profile: ValueError"
    assert not watch.monitor._sampled


@pytest.mark.parametrize("kind", CASES)
def test_every_kind_of_model(kind: str) -> None:
    """For every kind of model the figures of half of its rows equal independent ones."""
    case = CASES[kind]()
    columns = columns_of(case.data, case.options.get("signature"))
    raw = getattr(case.estimator, case.options.get("pyfunc_predict_fn", "predict"))(case.data)
    profile = feature_profile(case.data, raw)
    monitor = DriftMonitor("7", columns, profile, SIZE, Clock())
    rows, answers = rows_of(case.data, columns), unpack_answers(raw, len(case.data))
    half = len(rows) // 2
    outcomes: list[Any | ApiError] = answers[:half] * 30
    monitor.observe(rows[:half] * 30, outcomes)
    while monitor.count_portion():
        pass
    report, stored = monitor.report(), json.loads(profile.to_json())
    live = pd.DataFrame(case.data).iloc[:half].set_axis([column.name for column in columns], axis=1)
    expected = {name: independent_psi(stored["columns"][name], len(rows), live[name]) for name in live}
    assert report.columns == pytest.approx(expected, abs=1e-12)
    if stored["prediction"] is None:
        assert report.prediction is None
    else:
        expected_prediction = independent_psi(stored["prediction"], len(rows), pd.Series(answers[:half]))
        assert report.prediction == pytest.approx(expected_prediction, abs=1e-12)


async def test_regular_counting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The event loop counts what was sampled, for the monitor that there is at that time."""
    monkeypatch.setattr(module, "COUNT_SECONDS", 0.001)
    watches: list[Watch] = []
    task = asyncio.create_task(count_regularly(lambda: watches[-1].monitor if watches else None))
    try:
        for _ in range(2):
            await asyncio.sleep(0.005)
            watches.append(Watch())
            watches[-1].send(BURST_ROWS)
            await eventually(lambda: watches[-1].monitor.report().rows == BURST_ROWS)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
