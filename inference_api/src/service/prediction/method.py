"""One method of a fitted estimator, with one outcome for each row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from src.errors import ApiError, RefusedRowError
from src.failure_log import LOGGED, FailureLog
from src.service.flavors.computation import Computation
from src.service.prediction.encoders import Encoder
from src.service.prediction.outputs import Answer, is_finite, unpack_answers
from src.service.schema.validator import Row

MAX_REASON: Final = 300


class PredictionError(ApiError):
    """The model failed for a reason that is not the input."""

    status = 500
    kind = "prediction_failed"


@dataclass(frozen=True, slots=True)
class EstimatorMethod:
    """A verified method that predicts.

    Attributes:
        estimator: The fitted estimator.
        name: The method's name.
        encoder: Makes the estimator's input from rows.
        computation: The direct computation, when it predicts the same as the method; else None.
        failures: Unexpected exceptions that were logged.
    """

    estimator: Any
    name: str
    encoder: Encoder
    computation: Computation | None = None
    failures: FailureLog = field(default_factory=FailureLog, compare=False, repr=False)

    def predict(self, rows: Sequence[Row]) -> list[Answer | ApiError]:
        """Predict many rows in as few calls as they allow.

        Args:
            rows: Validated by the model's schema.

        Returns:
            One outcome per row, in order: its prediction, or its own error.
        """
        return self._by_estimator(rows) if self.computation is None else self._by_computation(rows, self.computation)

    def failed(self, error: Exception) -> ApiError:
        """The error for a row when the model fails for a reason that is not the input; it is logged."""
        answer = PredictionError(f"the model failed: {type(error).__name__}; {LOGGED}")
        return self.failures.noted(answer, error)

    def _by_computation(self, rows: Sequence[Row], computation: Computation) -> list[Answer | ApiError]:
        try:
            found, unknown = compute_rows(computation, self.encoder, rows)
        except Exception:  # noqa: BLE001 - for an input that the computation does not support, the estimator decides
            return self._by_estimator(rows)
        outcomes: list[Answer | ApiError] = found
        if unknown:  # the estimator predicts these rows, or has the error message for them
            for index, outcome in zip(unknown, self._by_estimator([rows[index] for index in unknown]), strict=True):
                outcomes[index] = outcome
        return outcomes

    def _by_estimator(self, rows: Sequence[Row]) -> list[Answer | ApiError]:
        groups = self.encoder.groups(rows)
        if len(groups) == 1:
            return self._outcomes(rows)
        outcomes: list[Answer | ApiError] = [None] * len(rows)
        for indices in groups:
            for index, outcome in zip(indices, self._outcomes([rows[index] for index in indices]), strict=True):
                outcomes[index] = outcome
        return outcomes

    def _outcomes(self, rows: Sequence[Row]) -> list[Answer | ApiError]:
        try:
            found = predict_rows(self.estimator, self.name, self.encoder, rows)
        except Exception as error:  # noqa: BLE001 - an estimator may raise anything; bisection finds the rows that cause it
            if len(rows) == 1:
                return [self._refusal(error)]
            middle = len(rows) // 2
            return self._outcomes(rows[:middle]) + self._outcomes(rows[middle:])
        return [answer if is_finite(answer) else _not_finite() for answer in found]

    def _refusal(self, error: Exception) -> ApiError:
        """The error for a row that the model raises an exception for: of the input, or of the model."""
        if isinstance(error, ValueError | TypeError | OverflowError):
            return RefusedRowError(f"the model refuses this input: {error}"[:MAX_REASON])
        return self.failed(error)


def predict_rows(estimator: Any, method: str, encoder: Encoder, rows: Sequence[Row]) -> list[Answer]:
    """One call of the estimator on rows of one group."""
    return unpack_answers(getattr(estimator, method)(encoder.encode(rows)), len(rows))


def compute_rows(computation: Computation, encoder: Encoder, rows: Sequence[Row]) -> tuple[list[Answer], Sequence[int]]:
    """The predictions of a computation, and the indices of the rows that only the estimator can predict."""
    matrix, left = (encoder.encode(rows), []) if computation.extract is None else computation.extract(rows)
    found, unknown = computation(matrix)
    return unpack_answers(found, len(rows)), sorted({*unknown, *left}) if left else unknown


def _not_finite() -> ApiError:
    return RefusedRowError("the model's prediction for this input is not a finite number")
