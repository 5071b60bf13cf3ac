"""Errors as HTTP answers."""

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


def test_an_unknown_encoding_is_told_the_known_ones() -> None:
    """415 for an encoding says in a header which ones are understood."""
    answer = error_response(UnsupportedEncodingError("no"))
    assert (answer.status_code, answer.headers["accept-encoding"]) == (415, "gzip, deflate")


def test_body_is_what_is_documented() -> None:
    """The body is exactly what the OpenAPI document shows."""
    error = InvalidRowError("does not fit", (FieldProblem("x", "Field required"),))
    assert ErrorBody.model_validate_json(error.body()).model_dump() == json.loads(error.body())


def test_api_error_handler() -> None:
    """The handler answers the service's errors, and lets anything else pass, as the fault that it is."""
    assert on_api_error(REQUEST, NotReadyError("later")).status_code == 503
    with pytest.raises(ValueError, match="secret"):
        on_api_error(REQUEST, ValueError("secret"))


@pytest.mark.parametrize(("status", "kind"), [(404, "not_found"), (418, "refused")])
def test_framework_refusal(status: int, kind: str) -> None:
    """The framework's refusals have the same shape and keep their headers; a long path is cut."""
    answer = on_http_exception(REQUEST, HTTPException(status, headers={"Retry-After": "7"}))
    assert (answer.status_code, json.loads(bytes(answer.body))["error"]) == (status, kind)
    assert answer.headers["retry-after"] == "7"
    assert len(answer.body) < 300
    assert json.loads(bytes(answer.body))["detail"].startswith("GET /xxx")


def test_refusals_do_not_share_their_status() -> None:
    """One refusal's status is not the next error's."""
    on_http_exception(REQUEST, HTTPException(404))
    assert unexpected(ValueError(), FailureLog()).status == 500


def test_unexpected(caplog: pytest.LogCaptureFixture) -> None:
    """A fault is told in one sentence; its traceback is for the log alone."""
    answer = unexpected(ValueError("secret"), FailureLog())
    assert answer.status == 500
    assert b"secret" not in answer.body()
    log_failure(answer, "id-1")
    assert "secret" in caplog.text
