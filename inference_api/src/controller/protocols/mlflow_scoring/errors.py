"""Errors in MLflow's shape: `{"error_code": ..., "message": ...}`, with 400 for every input that is refused."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final

from pydantic_core import to_json

from src.controller.protocols.json_rows import batch_error
from src.errors import MAX_BODY, MAX_DETAIL, ApiError, InvalidRowError, RefusedRowError
from src.service.prediction.model import Outcome

# https://github.com/mlflow/mlflow/blob/v3.17.2/mlflow/exceptions.py (ERROR_CODE_TO_HTTP_STATUS)
_CODES: Final[dict[int, str]] = {
    HTTPStatus.BAD_REQUEST: "BAD_REQUEST",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "BAD_REQUEST",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "BAD_REQUEST",
    HTTPStatus.SERVICE_UNAVAILABLE: "TEMPORARILY_UNAVAILABLE",
}
_MAX_MESSAGE: Final = MAX_BODY // 8  # characters; one may take six bytes in JSON


class InvalidRequestError(ApiError):
    """The body is JSON or CSV, but not a request of this protocol."""

    status = HTTPStatus.BAD_REQUEST
    kind = "invalid_request"


class InvalidInputError(InvalidRowError):
    """The input does not fit the model's signature: 400, as in MLflow; the service's own protocol has 422."""

    status = HTTPStatus.BAD_REQUEST


class RefusedInputError(RefusedRowError):
    """The model has no prediction for a row: 400, as in MLflow; the service's own protocol has 422."""

    status = HTTPStatus.BAD_REQUEST


def error_content(error: ApiError) -> bytes:
    """The body of an error response.

    Args:
        error: The error; the problems of its fields become part of the message.
    """
    code = "INVALID_PARAMETER_VALUE" if isinstance(error, InvalidRowError) else _CODES.get(error.status)
    problems = [f"{problem.field}: {problem.problem}" for problem in error.fields]
    message = ". ".join([error.detail[:MAX_DETAIL], *problems])[:_MAX_MESSAGE]
    return to_json({"error_code": code or "INTERNAL_ERROR", "message": message})


def refused(outcomes: Sequence[Outcome]) -> ApiError | None:
    """The error of the whole request when a row has no prediction; None when all have one.

    Args:
        outcomes: One for each row.
    """
    error = batch_error(outcomes)
    return RefusedInputError(error.detail, error.fields) if isinstance(error, RefusedRowError) else error
