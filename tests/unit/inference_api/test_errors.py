"""The JSON body and the status of all errors."""

import json

import pytest

from src import errors
from src.errors import MAX_BODY, ApiError, FieldProblem, InvalidRowError

KINDS = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, ApiError)]


def test_body_has_error_detail_and_fields() -> None:
    """The body is an object of exactly `error`, `detail` and `fields`, each field with its problem."""
    body = json.loads(InvalidRowError("does not fit", (FieldProblem("año", "Field required"),)).body())
    assert body == {
        "error": "invalid_input",
        "detail": "does not fit",
        "fields": [{"field": "año", "problem": "Field required"}],
    }


@pytest.mark.parametrize("text", ["\x01", '"', "😀", "x"])
def test_body_is_never_long(text: str) -> None:
    """However long names and problems are, and however much JSON escapes them, the body is valid JSON under 10 kB."""
    problems = tuple(FieldProblem(text * 100, text * 300) for _ in range(20))
    body = InvalidRowError(text * 100_000, problems).body()
    assert len(body) <= MAX_BODY
    found = json.loads(body)["fields"]
    assert found
    assert found[0]["problem"] == text * 300


def test_kinds_are_distinct() -> None:
    """No two errors have the same kind."""
    assert len({error.kind for error in KINDS}) == len(KINDS)


def test_status_of_each_kind() -> None:
    """The contract's statuses: 4xx for the client's mistakes, 503 with Retry-After while unavailable."""
    assert {error.kind: error.status for error in KINDS} == {
        "internal_error": 500,
        "not_json": 400,
        "bad_request": 400,
        "request_timeout": 408,
        "damaged_body": 400,
        "too_large": 413,
        "unsupported_media_type": 415,
        "unsupported_encoding": 415,
        "invalid_input": 422,
        "invalid_parameter": 422,
        "no_probabilities": 422,
        "prediction_refused": 422,
        "not_ready": 503,
        "overloaded": 503,
        "model_unavailable": 503,
        "model_refused": 503,
        "registry_unavailable": 503,
    }
    assert all((error.retry_after is not None) == (error.status == 503) for error in KINDS)
