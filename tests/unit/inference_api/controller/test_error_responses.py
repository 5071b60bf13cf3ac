"""Errors as HTTP responses."""

import json

import pytest
from fastapi import Request
from starlette.exceptions import HTTPException

from src.controller.error_responses import ErrorBody, error_response, on_api_error, on_http_exception, unexpected
from src.errors import FieldProblem, InvalidRowError, NotReadyError, UnsupportedEncodingError, UnsupportedMediaTypeError
from src.failure_log import FailureLog, log_failure

REQUEST = Request({"type": "http", "method": "GET", "path": "/" + "x" * 5000, "headers": []})


def test_error_response() -> None:
    """An error becomes its status, its JSON and, while unavailable, Retry-After."""
    answer = error_response(NotReadyError("later"))
    assert (answer.status_code, answer.media_type, answer.headers["retry-after"]) == (503, "application/json", "5")
    assert "retry-after" not in error_response(InvalidRowError("no")).headers
    assert "accept-encoding" not in error_response(UnsupportedMediaTypeError("no")).headers


def test_unsupported_encoding_lists_the_supported_ones() -> None:
    """415 for an encoding lists the supported ones in `Accept-Encoding`."""
    answer = error_response(UnsupportedEncodingError("no"))
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, deflate")


def test_body_matches_the_documented_schema() -> None:
    """The body has exactly the fields of the schema in the OpenAPI document."""
    error = InvalidRowError("does not fit", (FieldProblem("x", "Field required"),))
    assert ErrorBody.model_validate_json(error.body()).model_dump() == json.loads(error.body())


def test_api_error_handler() -> None:
    """The handler turns the service's errors into responses and raises any other exception again."""
    assert on_api_error(REQUEST, NotReadyError("later")).status_code == 503
    with pytest.raises(ValueError, match="secret"):
        on_api_error(REQUEST, ValueError("secret"))


@pytest.mark.parametrize(("status", "kind"), [(404, "not_found"), (418, "refused")])
def test_framework_refusal(status: int, kind: str) -> None:
    """The framework's errors get the same JSON body and keep their headers; a long path is cut."""
    answer = on_http_exception(REQUEST, HTTPException(status, headers={"Retry-After": "7"}))
    assert (answer.status_code, json.loads(bytes(answer.body))["error"]) == (status, kind)
    assert answer.headers["retry-after"] == "7"
    assert len(answer.body) < 300
    assert json.loads(bytes(answer.body))["detail"].startswith("GET /xxx")


def test_refusals_do_not_share_their_status() -> None:
    """The status of one refusal is not kept for the next error."""
    on_http_exception(REQUEST, HTTPException(404))
    assert unexpected(ValueError(), FailureLog()).status == 500


def test_unexpected(caplog: pytest.LogCaptureFixture) -> None:
    """The client gets one sentence about an unexpected exception; the traceback is only in the log."""
    answer = unexpected(ValueError("secret"), FailureLog())
    assert answer.status == 500
    assert b"secret" not in answer.body()
    log_failure(answer, "id-1")
    assert "secret" in caplog.text
