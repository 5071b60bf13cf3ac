"""Errors in MLflow's shape."""

from __future__ import annotations

import json

import pytest

from src.controller.protocols.mlflow_scoring.errors import (
    InvalidInputError,
    InvalidRequestError,
    RefusedInputError,
    error_content,
)
from src.errors import (
    ApiError,
    BodyTooLargeError,
    FieldProblem,
    NotJsonError,
    NotReadyError,
    OverloadedError,
    UnsupportedMediaTypeError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidRequestError("no"), "BAD_REQUEST"),
        (NotJsonError("no"), "BAD_REQUEST"),
        (InvalidInputError("no"), "INVALID_PARAMETER_VALUE"),
        (RefusedInputError("no"), "BAD_REQUEST"),
        (BodyTooLargeError("no"), "BAD_REQUEST"),
        (UnsupportedMediaTypeError("no"), "BAD_REQUEST"),
        (NotReadyError("no"), "TEMPORARILY_UNAVAILABLE"),
        (OverloadedError("no"), "TEMPORARILY_UNAVAILABLE"),
        (ApiError("no"), "INTERNAL_ERROR"),
    ],
)
def test_errors_have_codes_of_mlflow(error: ApiError, code: str) -> None:
    """Clients of MLflow find the code that belongs to the status."""
    assert json.loads(error_content(error)) == {"error_code": code, "message": "no"}


def test_problems_of_fields_are_in_the_message() -> None:
    """The shape has no place for fields: the message names them."""
    error = InvalidInputError("it does not fit", (FieldProblem("[0].a", "is no number"), FieldProblem("[1].b", "too")))
    assert json.loads(error_content(error))["message"] == "it does not fit. [0].a: is no number. [1].b: too"


def test_an_error_is_short() -> None:
    """Names and problems may contain what the client sent."""
    fields = tuple(FieldProblem("\n" * 100, "\n" * 9000) for _ in range(20))
    assert len(error_content(InvalidInputError("x" * 9000, fields))) <= 10_000
