"""The service's own protocol: rows as JSON objects with the fields of the model's signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Self

from pydantic_core import to_json

from src.controller.protocols.endpoint import JSON, PredictionRequest, ReadRequest, RequestParameters
from src.controller.protocols.operation import PREDICTION, PROBABILITIES, ROW, Operation
from src.controller.protocols.query import flag
from src.errors import ApiError, FieldProblem, RefusedRowError
from src.service.prediction.model import LoadedModel, Outcome
from src.service.prediction.probabilities import ClassProbabilities
from src.service.schema.validator import MAX_PROBLEMS, Row

_ONE: Final = Operation("Predict one row", "prediction", ROW, PREDICTION, PROBABILITIES)
_MANY: Final = Operation(
    "Predict many rows",
    "predictions",
    {"type": "array", "items": ROW},
    {"type": "array", "items": PREDICTION},
    {"type": "array", "items": PROBABILITIES},
)
_PARAMETER: Final = "probabilities"


class SingleRow:
    """`POST /predict`: an object, answered with `{"prediction": ...}`.

    With `?probabilities=true` the response has `"probabilities": {"class": number, ...}` as well.
    """

    path: Final = "/predict"
    media_types: Final = frozenset({JSON})
    names_version: Final = False

    def bind(self, parameters: RequestParameters) -> ReadRequest:
        """Read one row, with or without the probabilities of its classes.

        Raises:
            InvalidParameterError: When `probabilities` is neither true nor false.
        """
        return _one_with_probabilities if flag(parameters.query, _PARAMETER) else _one

    def error_content(self, error: ApiError) -> bytes:
        """The service's error shape."""
        return error.body()

    def operation(self, model: LoadedModel | None) -> dict[str, Any]:
        """Its OpenAPI operation."""
        return _ONE.document(None if model is None else model.schema.example)


class RowBatch:
    """`POST /predict/batch`: an array of objects, answered with `{"predictions": [...]}`.

    With `?probabilities=true` the response has `"probabilities": [{...}, ...]` as well, one object for each row.
    """

    path: Final = "/predict/batch"
    media_types: Final = frozenset({JSON})
    names_version: Final = False

    def __init__(self, max_rows: int) -> None:
        """Accept at most so many rows in a request."""
        self._max_rows = max_rows

    def bind(self, parameters: RequestParameters) -> ReadRequest:
        """Read many rows, with or without the probabilities of their classes.

        Raises:
            InvalidParameterError: When `probabilities` is neither true nor false.
        """
        return self._many_with_probabilities if flag(parameters.query, _PARAMETER) else self._many

    def error_content(self, error: ApiError) -> bytes:
        """The service's error shape."""
        return error.body()

    def operation(self, model: LoadedModel | None) -> dict[str, Any]:
        """Its OpenAPI operation."""
        return _MANY.document(None if model is None else [model.schema.example])

    def _many(self, body: bytes, model: LoadedModel) -> PredictionRequest:
        return _Many(model.schema.rows(body, self._max_rows))

    def _many_with_probabilities(self, body: bytes, model: LoadedModel) -> PredictionRequest:
        names = model.required_classifier().names
        return _ManyWithProbabilities(model.schema.rows(body, self._max_rows), names)


def _one(body: bytes, model: LoadedModel) -> PredictionRequest:
    return _One((model.schema.row(body),))


def _one_with_probabilities(body: bytes, model: LoadedModel) -> PredictionRequest:
    names = model.required_classifier().names
    return _OneWithProbabilities((model.schema.row(body),), names)


class _Rows:
    __slots__ = ("rows",)
    probabilities = False

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def with_version(self, _version: str) -> Self:
        return self


class _One(_Rows):
    __slots__ = ()

    def content(self, outcomes: Sequence[Outcome]) -> bytes | ApiError:
        outcome = outcomes[0]
        return outcome if isinstance(outcome, ApiError) else b'{"prediction":%b}' % to_json(outcome)


class _Many(_Rows):
    __slots__ = ()

    def content(self, outcomes: Sequence[Outcome]) -> bytes | ApiError:
        return batch_error(outcomes) or b'{"predictions":%b}' % to_json(outcomes)


class _RowsWithProbabilities(_Rows):
    __slots__ = ("_names",)
    probabilities = True

    def __init__(self, rows: Sequence[Row], names: Sequence[str]) -> None:
        super().__init__(rows)
        self._names = names

    def _named(self, values: Sequence[float]) -> dict[str, float]:
        return dict(zip(self._names, values, strict=True))


class _OneWithProbabilities(_RowsWithProbabilities):
    __slots__ = ()

    def content(self, outcomes: Sequence[Outcome]) -> bytes | ApiError:
        outcome = outcomes[0]
        if isinstance(outcome, ApiError):
            return outcome
        prediction, values = outcome
        return b'{"prediction":%b,"probabilities":%b}' % (to_json(prediction), to_json(self._named(values)))


class _ManyWithProbabilities(_RowsWithProbabilities):
    __slots__ = ()

    def content(self, outcomes: Sequence[Outcome]) -> bytes | ApiError:
        error = batch_error(outcomes)
        if error is not None:
            return error
        found: Sequence[ClassProbabilities] = outcomes  # type: ignore[assignment]  # none is an error, see above
        predictions = [prediction for prediction, _values in found]
        named = [self._named(values) for _prediction, values in found]
        return b'{"predictions":%b,"probabilities":%b}' % (to_json(predictions), to_json(named))


def batch_error(outcomes: Sequence[Outcome]) -> ApiError | None:
    """The error of a request with many rows, which names the rows without a prediction; None when all have one."""
    if not any(issubclass(kind, ApiError) for kind in set(map(type, outcomes))):  # they are of a few types
        return None
    failed = [(place, outcome) for place, outcome in enumerate(outcomes) if isinstance(outcome, ApiError)]
    other = next((error for _place, error in failed if not isinstance(error, RefusedRowError)), None)
    if other is not None:  # the service's or the model's fault, not a row's
        return other
    problems = tuple(FieldProblem(f"[{place}]", error.detail) for place, error in failed[:MAX_PROBLEMS])
    return RefusedRowError(f"the model has no answer for {len(failed)} of {len(outcomes)} rows", problems)
