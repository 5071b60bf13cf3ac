"""Requests that the challenger answers. What it cannot answer, the champion does: clients never see that it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from time import perf_counter
from typing import Protocol

from src.failure_log import log_failure
from src.service.challenger.challenger import Challenger, ChallengerError
from src.service.challenger.split import is_chosen
from src.service.metrics.challenger_metrics import CANARY
from src.service.metrics.metrics import Metrics
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction.model import LoadedModel, Outcome
from src.service.prediction.outputs import is_json
from src.service.schema.validator import Row


class RowsRequest(Protocol):
    """What is predicted for one request, by one version as a whole."""

    @property
    def rows(self) -> Sequence[Row]:
        """Its rows, in order; there may be none."""
        ...

    @property
    def probabilities(self) -> bool:
        """Whether the outcomes of its rows are `ClassProbabilities`."""
        ...


@dataclass(frozen=True, slots=True)
class Answered:
    """The outcomes of one request.

    Attributes:
        outcomes: One for each row, in order.
        version: The version that all of them are of.
    """

    outcomes: Sequence[Outcome]
    version: str


def is_canary(request: RowsRequest, key: bytes, challenger: Challenger, model: LoadedModel) -> bool:
    """Whether the challenger should answer a request.

    Args:
        request: The request.
        key: What the split is made by; empty when the request has none.
        challenger: The challenger.
        model: The champion.
    """
    if not is_chosen(key, challenger.traffic.canary_percent) or not request.rows:
        return False
    return not request.probabilities or challenger.class_names == model.required_classifier().names


async def answer(
    request: RowsRequest, key: bytes, batcher: MicroBatcher, challenger: Challenger | None, metrics: Metrics
) -> Answered:
    """Predict a request's rows, by the challenger when it is a canary that the challenger can answer.

    Args:
        request: Its rows are validated by the champion's schema.
        key: What the split is made by; empty when the request has none.
        batcher: The champion.
        challenger: The challenger; None for none.
        metrics: Counts the canaries.

    Raises:
        OverloadedError: When too many rows wait for the champion.
    """
    if challenger is not None and is_canary(request, key, challenger, batcher.model):
        [outcomes] = await challenger_outcomes([request], challenger, batcher.model, metrics)
        if outcomes is not None:
            return Answered(outcomes, challenger.version)
    rows = request.rows
    found = await batcher.predict(rows, probabilities=request.probabilities) if rows else []
    return Answered(found, batcher.model.bundle.version)


async def challenger_outcomes(
    requests: Sequence[RowsRequest], challenger: Challenger, model: LoadedModel, metrics: Metrics
) -> list[Sequence[Outcome] | None]:
    """The challenger's outcomes of each request; None for one that the champion has to answer.

    The rows of all requests go to the challenger together, those that want probabilities in a second call. A request
    has no outcomes when there are none in time, or when one of its rows has an error or a value that JSON cannot hold.

    Args:
        requests: Canaries.
        challenger: The challenger.
        model: The champion, for the log.
        metrics: Counts them.
    """
    start = perf_counter()
    plain = [row for request in requests if not request.probabilities for row in request.rows]
    wanted = [row for request in requests if request.probabilities for row in request.rows]
    calls = (
        _predicted(plain, challenger, model, probabilities=False),
        _predicted(wanted, challenger, model, probabilities=True),
    )
    # Tasks for both would cost more than the calls, and most of the time there is one.
    found = await asyncio.gather(*calls) if plain and wanted else [await call for call in calls]
    outcomes: list[Sequence[Outcome] | None] = []
    first = [0, 0]
    for request in requests:
        kind = request.probabilities
        begin = first[kind]
        first[kind] = end = begin + len(request.rows)
        of_request = found[kind][begin:end]
        outcomes.append(of_request if of_request and _can_be_sent(of_request) else None)
    failed = outcomes.count(None)
    metrics.challenger.canaries(challenger.version, len(outcomes) - failed, failed, perf_counter() - start)
    metrics.challenger.rows(CANARY, challenger.version, sum(map(len, found)))
    return outcomes


async def _predicted(
    rows: Sequence[Row], challenger: Challenger, model: LoadedModel, *, probabilities: bool
) -> Sequence[Outcome]:
    """The challenger's outcomes; none when it has none."""
    if not rows:
        return ()
    try:
        return await challenger.predict(rows, probabilities=probabilities)
    except ChallengerError:  # the challenger's own state and metrics say why
        return ()
    except Exception as fault:  # noqa: BLE001 - whatever is wrong with the challenger, these requests are answered
        log_failure(model.failed(fault), "")
        return ()


def _can_be_sent(outcomes: Sequence[Outcome]) -> bool:
    """Whether each is a prediction that JSON can represent, and no error."""
    if set(map(type, outcomes)) == {float}:  # thirty times as fast, which counts for thousands of rows
        return all(map(isfinite, outcomes))  # type: ignore[arg-type]  # see above
    return all(map(is_json, outcomes))
