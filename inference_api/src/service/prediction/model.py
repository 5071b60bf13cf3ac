"""A verified model in memory: rows in, one outcome a row out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from src.errors import ApiError, RefusedRowError
from src.failure_log import LOGGED, FailureLog
from src.service.flavors.computation import Computation
from src.service.prediction.encoders import Encoder
from src.service.prediction.outputs import Answer, is_finite, unpack_answers
from src.service.registry.bundle import Bundle
from src.service.schema.validator import Row, Schema

Outcome = Answer | ApiError
"""What one row gets: its answer, or the error that is its own."""

MAX_REASON: Final = 300
DIRECT: Final = "direct"
PLAIN: Final = "scikit-learn"


class PredictionError(ApiError):
    """The model failed in a way that is not the row's fault."""

    status = 500
    kind = "prediction_failed"


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model version that serves.

    Attributes:
        bundle: Where it came from.
        schema: What its rows look like.
        estimator: The fitted estimator.
        encoder: How rows reach it.
        seconds_per_call: Time of one warm call on one row, on the path that serves.
        loaded_at: When it was loaded, UTC.
        warnings: What an operator should know, such as another version of scikit-learn.
        computation: The answers without the estimator's `predict`, when that was proven equal.
        path_reason: Why that path serves.
        fallback_seconds: Time of one warm call of the estimator, which some rows are left to.
        failures: Which unexpected exceptions were logged.
    """

    bundle: Bundle
    schema: Schema
    estimator: Any
    encoder: Encoder
    seconds_per_call: float
    loaded_at: datetime
    warnings: tuple[str, ...] = ()
    computation: Computation | None = None
    path_reason: str = ""
    fallback_seconds: float = 0.0
    failures: FailureLog = field(default_factory=FailureLog, compare=False, repr=False)

    @property
    def path(self) -> str:
        """Name of the path that serves, for `GET /model`."""
        return PLAIN if self.computation is None else DIRECT

    def predict(self, rows: Sequence[Row]) -> list[Outcome]:
        """Predict many rows in as few calls as they allow.

        Args:
            rows: Validated by `schema`.

        Returns:
            One outcome a row, in order: the answer, or the error that this row alone gets.
        """
        return self._estimated(rows) if self.computation is None else self._computed(rows, self.computation)

    def _computed(self, rows: Sequence[Row], computation: Computation) -> list[Outcome]:
        try:
            found, unknown = compute_rows(computation, self.encoder, rows)
        except Exception:  # noqa: BLE001 - whatever it was not made for, the estimator itself decides
            return self._estimated(rows)
        outcomes: list[Outcome] = found
        if unknown:  # the estimator has its own words for a missing number, and its neighbours their answers
            for place, outcome in zip(unknown, self._estimated([rows[place] for place in unknown]), strict=True):
                outcomes[place] = outcome
        return outcomes

    def _estimated(self, rows: Sequence[Row]) -> list[Outcome]:
        groups = self.encoder.groups(rows)
        if len(groups) == 1:
            return self._outcomes(rows)
        outcomes: list[Outcome] = [None] * len(rows)
        for places in groups:
            for place, outcome in zip(places, self._outcomes([rows[place] for place in places]), strict=True):
                outcomes[place] = outcome
        return outcomes

    def _outcomes(self, rows: Sequence[Row]) -> list[Outcome]:
        try:
            found = predict_rows(self.estimator, self.bundle.predict_fn, self.encoder, rows)
        except Exception as error:  # noqa: BLE001 - an estimator may raise anything; halving finds the rows it is about
            if len(rows) == 1:
                return [self._refusal(error)]
            middle = len(rows) // 2
            return self._outcomes(rows[:middle]) + self._outcomes(rows[middle:])
        return [answer if is_finite(answer) else _not_finite() for answer in found]

    def _refusal(self, error: Exception) -> ApiError:
        """What a row gets that the model does not answer: its own fault, or a failure that is noted for the log."""
        if isinstance(error, ValueError | TypeError | OverflowError):
            return RefusedRowError(f"the model refuses this input: {error}"[:MAX_REASON])
        return self.failed(error)

    def failed(self, error: Exception) -> ApiError:
        """What a row gets when the model fails in a way that is not the row's fault; noted for the log."""
        answer = PredictionError(f"the model failed: {type(error).__name__}; {LOGGED}")
        return self.failures.noted(answer, error)


def predict_rows(estimator: Any, predict_fn: str, encoder: Encoder, rows: Sequence[Row]) -> list[Answer]:
    """One call of the estimator on rows of one group."""
    return unpack_answers(getattr(estimator, predict_fn)(encoder.encode(rows)), len(rows))


def compute_rows(computation: Computation, encoder: Encoder, rows: Sequence[Row]) -> tuple[list[Answer], Sequence[int]]:
    """The answers without the estimator, and the places of the rows that only the estimator can answer."""
    matrix, left = (encoder.encode(rows), []) if computation.extract is None else computation.extract(rows)
    found, unknown = computation(matrix)
    return unpack_answers(found, len(rows)), sorted({*unknown, *left}) if left else unknown


def _not_finite() -> ApiError:
    return RefusedRowError("the model's prediction for this input is not a finite number")
