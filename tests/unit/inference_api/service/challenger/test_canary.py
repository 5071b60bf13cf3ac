"""Requests that the challenger answers, and what becomes of those that it cannot."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from src.errors import OverloadedError, RefusedRowError
from src.service.challenger.canary import Answered, answer, challenger_outcomes, is_canary
from src.service.challenger.challenger import ChallengerError
from src.service.metrics.metrics import Metrics
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction.model import LoadedModel
from src.service.prediction.probabilities import Classifier, ClassProbabilities
from src.service.schema.column import Column
from src.service.schema.validator import Row
from tests.unit.inference_api.challenger_double import StubProcess, challenger_of, counted, key_of
from tests.unit.inference_api.doubles import BlockedEstimator, DoublingEstimator, eventually, model_of

X = (Column("x", "number", "float64"),)
OURS, THEIRS = key_of(chosen=False).encode(), key_of(chosen=True).encode()


@dataclass(frozen=True)
class Request:
    """Some rows.

    Attributes:
        rows: The rows.
        probabilities: Whether their probabilities are wanted.
    """

    rows: Sequence[Row] = ((1.0,), (2.0,))
    probabilities: bool = False


def model(names: Sequence[str] = ()) -> LoadedModel:
    """The champion, with classes or without."""
    found = model_of(DoublingEstimator(), X)
    return replace(found, classifier=Classifier.of(names, found.method)) if names else found


async def answered(request: Request, process: StubProcess | None, key: bytes = THEIRS) -> tuple[Answered, Metrics]:
    """The outcomes of a request."""
    metrics = Metrics()
    challenger = None if process is None else challenger_of(process)
    return await answer(request, key, MicroBatcher(model(), metrics, 10), challenger, metrics), metrics


async def test_a_canary_is_answered_by_the_challenger() -> None:
    """It has the challenger's outcomes and version, and is counted."""
    process = StubProcess()
    found, metrics = await answered(Request(), process)
    assert found == Answered([3.0, 6.0], "2")
    assert process.calls == [[(1.0,), (2.0,)]]
    assert counted(metrics) == {"answered": 1, "fallback": 0}
    text = metrics.text().decode()
    assert 'inference_challenger_duration_seconds_count{kind="canary"} 1.0' in text
    assert 'inference_challenger_rows_total{kind="canary",version="2"} 2.0' in text


@pytest.mark.parametrize(
    ("request_", "process", "key"),
    [
        (Request(), StubProcess(), OURS),
        (Request(()), StubProcess(), THEIRS),
        (Request(), None, THEIRS),
    ],
    ids=["not chosen", "without rows", "no challenger"],
)
async def test_others_are_answered_by_the_champion(request_: Request, process: StubProcess | None, key: bytes) -> None:
    """They have the champion's outcomes and version, and the challenger does not get them."""
    found, metrics = await answered(request_, process, key)
    assert found == Answered([row[0] * 2 for row in request_.rows], "1")
    assert process is None or process.calls == []
    assert counted(metrics) == {}


FAULTS: dict[str, Any] = {
    "one is NaN": lambda row: math.nan if row[0] == 2 else 3.0,
    "one is infinite in a list": lambda row: [1.0, math.inf] if row[0] == 2 else [1.0, 2.0],
    "one is no JSON": lambda row: b"\xff" if row[0] == 2 else 3.0,
    "one is refused": lambda row: RefusedRowError("an unknown category") if row[0] == 2 else 3.0,
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_request_with_a_row_that_failed_is_the_champions(fault: str) -> None:
    """All of its outcomes are the champion's, so that one response never has outcomes of two versions."""
    found, metrics = await answered(Request(), StubProcess(FAULTS[fault]))
    assert found == Answered([2.0, 4.0], "1")
    assert counted(metrics) == {"answered": 0, "fallback": 1}


async def test_a_challenger_without_outcomes(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever it raises, the champion answers; only what nobody expects is logged."""
    process = StubProcess()
    for error in (ChallengerError("the queue is full"), RuntimeError("a fault of the service")):
        process.error = error
        found, metrics = await answered(Request(), process)
        assert found == Answered([2.0, 4.0], "1")
        assert counted(metrics) == {"answered": 0, "fallback": 1}
    assert "a fault of the service" in caplog.text
    assert "the queue is full" not in caplog.text


async def test_any_value_of_json_is_an_answer() -> None:
    """Texts, booleans, null and lists are answers of a challenger as numbers are."""
    values = ["sí", True, None, 7, [1.5, "a"], 2.5]
    found, _metrics = await answered(Request([(place,) for place in range(6)]), StubProcess(lambda row: values[row[0]]))
    assert found == Answered(values, "2")


@pytest.mark.parametrize(("names", "gets"), [(("a", "b"), True), (("b", "a"), False), (None, False)])
async def test_probabilities_of_the_same_classes_only(names: tuple[str, ...] | None, gets: bool) -> None:  # noqa: FBT001 - a table of cases
    """A request for probabilities is a canary when the challenger's are of the same classes in the same order."""
    challenger = challenger_of(StubProcess(), names=names)
    assert is_canary(Request(probabilities=True), THEIRS, challenger, model(["a", "b"])) is gets
    assert is_canary(Request(), THEIRS, challenger, model(["a", "b"]))


async def test_requests_share_calls() -> None:
    """The rows of many requests are one call, those that want probabilities another; only failed requests fall back."""
    process = StubProcess(FAULTS["one is NaN"])
    requests = [Request([(1.0,)]), Request([(1.0,)], probabilities=True), Request([(1.0,), (2.0,)]), Request([(4.0,)])]
    metrics = Metrics()
    found = await challenger_outcomes(requests, challenger_of(process, names=("a", "b")), model(), metrics)
    assert found == [[3.0], [ClassProbabilities(3.0, [0.25, 0.75])], None, [3.0]]
    assert sorted(process.calls) == [[(1.0,)], [(1.0,), (1.0,), (2.0,), (4.0,)]]
    assert counted(metrics) == {"answered": 3, "fallback": 1}


async def test_a_full_queue_of_the_champion_concerns_its_own_requests() -> None:
    """While the champion has no room, the challenger answers its requests, and those that fall back are refused."""
    estimator, metrics, process = BlockedEstimator(), Metrics(), StubProcess()
    batcher = MicroBatcher(model_of(estimator, X, slow=True), metrics, 1)
    first = asyncio.create_task(batcher.predict([(1.0,)]))
    await eventually(estimator.entered.is_set)
    second = asyncio.create_task(batcher.predict([(1.0,)]))
    await asyncio.sleep(0)
    assert (await answer(Request(), THEIRS, batcher, challenger_of(process), metrics)).version == "2"
    process.error = ChallengerError("dead")
    with pytest.raises(OverloadedError):
        await answer(Request(), THEIRS, batcher, challenger_of(process), metrics)
    estimator.release.set()
    assert [await first, await second] == [[2.0], [2.0]]
