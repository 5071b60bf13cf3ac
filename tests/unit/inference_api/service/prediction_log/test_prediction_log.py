"""The log's sample, queue and records."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from src.errors import ApiError
from src.service.metrics.metrics import Metrics
from src.service.prediction.model import LoadedModel, Outcome
from src.service.prediction.probabilities import ClassProbabilities
from src.service.prediction_log.collector import PredictionLogCollector
from src.service.prediction_log.log_folder import LogFolder, LogLimits
from src.service.prediction_log.prediction_log import (
    INTERNAL_ERROR,
    MAX_BYTES,
    MAX_ROWS,
    NOT_JSON,
    QUEUE_FULL,
    REASONS,
    WRITE_BYTES,
    PredictionLog,
)
from src.service.prediction_log.record import RecordFields, SampledRequest, lines_of
from src.service.schema.column import Column
from src.settings import Settings
from tests.unit.inference_api.doubles import model_of, regression

LIMITS = LogLimits(1 << 20, 1 << 30, 86_400.0)
ROW = (1.0, 2.0, 3.0)
MODEL = model_of(regression(), version="7")


class CountingFolder(LogFolder):
    """Remembers the size of each write.

    Attributes:
        writes: The sizes.
    """

    def __init__(self, path: Path) -> None:
        """Start without one."""
        super().__init__(path, LIMITS)
        self.writes: list[int] = []

    def write(self, lines: bytes) -> str | None:
        """Write, and remember."""
        self.writes.append(len(lines))
        return super().write(lines)


class BlockedFolder(LogFolder):
    """A disk that does not answer until it is released.

    Attributes:
        entered: Set while a write waits.
        release: Set it to let writes through.
    """

    def __init__(self, path: Path) -> None:
        """Start blocked."""
        super().__init__(path, LIMITS)
        self.entered, self.release = threading.Event(), threading.Event()

    def write(self, lines: bytes) -> str | None:
        """Write after the release."""
        self.entered.set()
        self.release.wait(60)
        return super().write(lines)


class FailingFolder(LogFolder):
    """Raises at the first write what no disk raises."""

    failed = False

    def write(self, lines: bytes) -> str | None:
        """Raise once."""
        if not self.failed:
            self.failed = True
            raise RuntimeError("broken")
        return super().write(lines)


def add(log: PredictionLog, rows: int = 1, *, model: LoadedModel = MODEL, size: int = 50, name: bytes = b"id") -> None:
    """Hand a request of so many equal rows to the log."""
    log.add(name, [ROW] * rows, [6.5] * rows, model, version=model.bundle.version, size=size)


def records(folder: Path) -> list[dict[str, Any]]:
    """Everything that is in the files."""
    return [json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_text().splitlines()]


def lines(columns: tuple[Column, ...], row: tuple[Any, ...], outcome: Outcome, classes: tuple[str, ...] = ()) -> Any:
    """The parsed record of one row; None when it is dropped."""
    fields = RecordFields(model_of(regression(), columns).schema, "name", tuple(c.name for c in columns), classes)
    [line] = lines_of(SampledRequest(1_790_000_000.1239, b"id", [row], [outcome], fields, "3", 9))
    assert line is None or (line.endswith(b"\n") and line.count(b"\n") == 1)
    return None if line is None else json.loads(line)


def until(condition: Callable[[], bool]) -> None:
    """Wait until the thread has done something."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_off_by_default() -> None:
    """Without a percentage there is no log, and no line about it in the metrics."""
    assert PredictionLog.of(Settings()) is None
    assert "prediction_log" not in Metrics().text().decode()


def test_one_record_for_each_row(tmp_path: Path) -> None:
    """A record has time, request, row, model and version, the inputs by name and the prediction."""
    log = PredictionLog(100, CountingFolder(tmp_path))
    log.start()
    add(log, 2, name=b"mine")
    add(log)
    log.close()
    first, second, third = records(tmp_path)
    moment = datetime.fromisoformat(first.pop("time"))
    assert abs((datetime.now(UTC) - moment).total_seconds()) < 60
    assert first == {
        "request_id": "mine",
        "row": 0,
        "model": "linear_regression_model",
        "model_version": "7",
        "inputs": {"feature1": 1.0, "feature2": 2.0, "feature3": 3.0},
        "prediction": 6.5,
    }
    assert [(record["request_id"], record["row"]) for record in (second, third)] == [("mine", 1), ("id", 0)]
    assert (log.records, sum(log.dropped.values())) == (3, 0)


@pytest.mark.parametrize(
    ("column", "value", "stored"),
    [
        (Column("x", "number", "float64"), 0.1 + 0.2, 0.1 + 0.2),
        (Column("x", "number", "float64"), 5e-324, 5e-324),
        (Column("x", "number", "float64"), 1.7976931348623157e308, 1.7976931348623157e308),
        (Column("x", "number", "float64"), float("nan"), None),
        (Column("x", "number", "float64"), float("inf"), None),
        (Column("x", "number", "float64", required=False), None, None),
        (Column("x", "integer", "int64"), -(2**63), -(2**63)),
        (Column("x", "integer", "uint64"), 2**64 - 1, 2**64 - 1),
        (Column("x", "boolean", "bool"), True, True),
        (Column("a b", "string", "str"), 'ñ"\n\u2028', 'ñ"\n\u2028'),
        (Column("x", "datetime", "datetime64[ns]"), datetime(2026, 1, 2, 3, 4, 5, 6), "2026-01-02T03:04:05.000006"),  # noqa: DTZ001 - as the schema gives it
    ],
)
def test_inputs_are_exact(column: Column, value: object, stored: object) -> None:
    """Numbers keep every bit, datetimes are ISO 8601, what is missing or not finite is null."""
    found = lines((column,), (value,), 1.0)["inputs"]
    assert found == {column.name: stored}
    assert type(found[column.name]) is type(stored)


@pytest.mark.parametrize("answer", [0.1, "sí", True, 3, None, ["a", 2.5], [1.0, [2.0]]])
def test_predictions_of_every_type(answer: Outcome) -> None:
    """The prediction is the response's."""
    assert lines((Column("x", "number", "float64"),), (1.0,), answer)["prediction"] == answer


def test_probabilities_by_class() -> None:
    """Where they were asked for, each class has its own."""
    outcome = ClassProbabilities("b", [0.25, 0.75])
    found = lines((Column("x", "number", "float64"),), (1.0,), outcome, ("a", "b"))
    assert (found["prediction"], found["probabilities"]) == ("b", {"a": 0.25, "b": 0.75})
    assert found["time"] == "2026-09-21T14:13:20.123Z"


@pytest.mark.parametrize("answer", [object(), "\ud800", ApiError("no")])
def test_what_json_cannot_hold_is_dropped(answer: Outcome) -> None:
    """Such a row has no record."""
    assert lines((Column("x", "number", "float64"),), (1.0,), answer) is None


def test_a_dropped_row_leaves_the_others(tmp_path: Path) -> None:
    """It is counted, and the rows beside it are written."""
    log = PredictionLog(100, CountingFolder(tmp_path))
    log.start()
    log.add(b"id", [ROW] * 3, [1.0, object(), 3.0], MODEL, version="7", size=9)
    log.close()
    assert [(record["row"], record["prediction"]) for record in records(tmp_path)] == [(0, 1.0), (2, 3.0)]
    assert (log.records, log.dropped[NOT_JSON]) == (2, 1)


def test_the_records_of_a_new_model_have_its_columns(tmp_path: Path) -> None:
    """Requests of the model before it keep theirs."""
    other = model_of(regression(), [Column(name, "number", "float64") for name in "abc"], version="8")
    log = PredictionLog(100, CountingFolder(tmp_path))
    for model in (MODEL, other, MODEL):
        add(log, model=model)
    log.start()
    log.close()
    assert [next(iter(record["inputs"])) for record in records(tmp_path)] == ["feature1", "a", "feature1"]
    assert [record["model_version"] for record in records(tmp_path)] == ["7", "8", "7"]


def test_the_version_is_that_of_the_answer(tmp_path: Path) -> None:
    """The model that validated a row need not be the one that answered."""
    log = PredictionLog(100, CountingFolder(tmp_path))
    log.add(b"id", [ROW], [1.0], MODEL, version="8", size=9)
    log.start()
    log.close()
    assert records(tmp_path)[0]["model_version"] == "8"


def test_the_share_of_the_requests(tmp_path: Path) -> None:
    """A request is taken with all its rows or not at all, and as many as the percentage says."""
    log = PredictionLog(10, CountingFolder(tmp_path))
    for _ in range(10_000):
        add(log, 2, size=0)
        assert len(log._queue) < MAX_ROWS // 2
    assert 800 < len(log._queue) < 1200  # six standard deviations are 180
    assert {len(request.rows) for request in log._queue} == {2}


def test_a_full_queue_drops(tmp_path: Path) -> None:
    """What waits has a limit in rows and in bytes of bodies; one request passes whatever its size."""
    log = PredictionLog(100, CountingFolder(tmp_path))
    for _ in range(MAX_ROWS + 5):
        add(log)
    assert (len(log._queue), log.dropped[QUEUE_FULL]) == (MAX_ROWS, 5)
    log.start()
    log.close()
    assert log.records == MAX_ROWS
    large = PredictionLog(100, CountingFolder(tmp_path))
    for _ in range(3):
        add(large, 2, size=MAX_BYTES + 1)
    assert (len(large._queue), large.dropped[QUEUE_FULL]) == (1, 4)


def test_many_rows_are_few_writes(tmp_path: Path) -> None:
    """What waits is written together, in parts of a limited size."""
    folder = CountingFolder(tmp_path)
    log = PredictionLog(100, folder)
    for _ in range(5000):
        add(log)
    log.start()
    log.close()
    assert log.records == 5000
    assert len(folder.writes) == sum(folder.writes) // WRITE_BYTES + 1
    assert max(folder.writes) < WRITE_BYTES + 1000


def test_a_disk_that_does_not_answer(tmp_path: Path) -> None:
    """Requests go on, what is too much is dropped, and the end waits no longer than its limit."""
    folder = BlockedFolder(tmp_path)
    log = PredictionLog(100, folder)
    log.start()
    add(log)
    until(folder.entered.is_set)
    for _ in range(MAX_ROWS + 5):
        add(log)
    assert log.dropped[QUEUE_FULL] == 5
    log.close(0.01)
    assert log.records == 0
    folder.release.set()
    until(lambda: log.records == MAX_ROWS + 1)


def test_a_fault_of_the_log_itself(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged and its rows are counted; the thread goes on."""
    log = PredictionLog(100, FailingFolder(tmp_path, LIMITS))
    log.start()
    add(log, 3)
    until(lambda: bool(log.dropped[INTERNAL_ERROR]))
    add(log, 2)
    log.close()
    assert (log.records, log.dropped[INTERNAL_ERROR]) == (2, 3)
    assert [record.getMessage() for record in caplog.records] == ["the prediction log failed"]


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    """The rows are counted by reason, `GET /model` and the metrics tell it, and writing goes on when it can."""
    path = tmp_path / "log"
    path.touch()
    log = PredictionLog(100, LogFolder(path, LIMITS))
    metrics = Metrics()
    metrics.register(PredictionLogCollector(log))
    log.start()
    add(log, 3)
    until(lambda: bool(log.dropped["not_writable"]))
    assert log.describe() == {"percent": 100, "folder": str(path), "problem": f"{path}: File exists"}
    path.unlink()
    add(log, 2)
    log.close()
    families = {family.name: family for family in text_string_to_metric_families(metrics.text().decode())}
    dropped = families["inference_prediction_log_dropped"].samples
    assert {sample.labels["reason"]: sample.value for sample in dropped} == dict.fromkeys(REASONS, 0) | {
        "not_writable": 3
    }
    assert [sample.value for sample in families["inference_prediction_log_records"].samples] == [2]
    assert log.describe()["problem"] is None
