"""The service's own protocol: rows as JSON objects with the fields of the model's signature."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic_core import to_json

from src.controller.protocols.operation import PREDICTION, ROW, Operation
from src.errors import ApiError, FieldProblem, RefusedRowError
from src.service.prediction.model import LoadedModel, Outcome
from src.service.schema.validator import MAX_PROBLEMS, Row

_ONE: Final = Operation("Predict one row", "prediction", ROW, PREDICTION)
_MANY: Final = Operation(
    "Predict many rows", "predictions", {"type": "array", "items": ROW}, {"type": "array", "items": PREDICTION}
)


class SingleRow:
    """`POST /predict`: an object, answered with `{"prediction": ...}`."""

    path: Final = "/predict"

    def rows(self, body: bytes, model: LoadedModel) -> Sequence[Row]:
        """The one row.

        Raises:
            NotJsonError: When the body is not JSON.
            InvalidRowError: When it does not fit the model's signature.
        """
        return (model.schema.row(body),)

    def content(self, outcomes: Sequence[Outcome]) -> bytes | ApiError:
        """The prediction, or the row's error."""
        outcome = outcomes[0]
        return outcome if isinstance(outcome, ApiError) else b'{"prediction":%b}' % to_json(outcome)

    def error_content(self, error: ApiError) -> bytes:
        """The service's error shape."""
        return error.body()

    def operation(self, example: dict[str, Any] | None) -> dict[str, Any]:
        """Its OpenAPI operation."""
        return _ONE.document(example)


class RowBatch:
    """`POST /predict/batch`: an array of objects, answered with `{"predictions": [...]}`."""

    path: Final = "/predict/batch"

    def __init__(self, max_rows: int) -> None:
        """Accept at most so many rows in a request."""
        self._max_rows = max_rows

    def rows(self, body: bytes, model: LoadedModel) -> Sequence[Row]:
        """All rows.

        Raises:
            NotJsonError: When the body is not JSON.
            InvalidRowError: When a row does not fit the model's signature.
            BodyTooLargeError: When there are too many rows.
        """
        return model.schema.rows(body, self._max_rows)

    def content(self, outcomes: Sequence[Outcome]) -> bytes | ApiError:
        """All predictions; when a row has none, an error that names the rows."""
        return _batch_error(outcomes) or b'{"predictions":%b}' % to_json(outcomes)

    def error_content(self, error: ApiError) -> bytes:
        """The service's error shape."""
        return error.body()

    def operation(self, example: dict[str, Any] | None) -> dict[str, Any]:
        """Its OpenAPI operation."""
        return _MANY.document(None if example is None else [example])


def _batch_error(outcomes: Sequence[Outcome]) -> ApiError | None:
    failed = [(place, outcome) for place, outcome in enumerate(outcomes) if isinstance(outcome, ApiError)]
    if not failed:
        return None
    other = next((error for _place, error in failed if not isinstance(error, RefusedRowError)), None)
    if other is not None:  # the service's or the model's fault, not a row's
        return other
    problems = tuple(FieldProblem(f"[{place}]", error.detail) for place, error in failed[:MAX_PROBLEMS])
    return RefusedRowError(f"the model has no answer for {len(failed)} of {len(outcomes)} rows", problems)
