"""Errors as HTTP answers, all of one JSON shape."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Request, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from src.controller.content_encoding import ACCEPTED
from src.controller.protocols.endpoint import JSON
from src.errors import ApiError, UnsupportedEncodingError
from src.failure_log import LOGGED, FailureLog


class FieldProblemBody(BaseModel):
    """One field's problem."""

    field: str = Field(examples=["feature1"])
    problem: str = Field(examples=["Field required"])


class ErrorBody(BaseModel):
    """What every error looks like."""

    error: str = Field(examples=["invalid_input"])
    detail: str = Field(examples=["the input does not fit the model's signature: feature1"])
    fields: list[FieldProblemBody]


ERROR_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {503: {"model": ErrorBody, "description": "No model serves"}}

UNEXPECTED: Final = f"the service failed; {LOGGED}"
MAX_PATH: Final = 100
METHOD_NOT_ALLOWED: Final = 405
NO_CONTENT: Final = 204
_STATUS_KINDS: Final = {404: "not_found", 405: "method_not_allowed"}


def error_response(error: ApiError, content: bytes | None = None) -> Response:
    """The response for one of the service's errors.

    Args:
        error: The error.
        content: The body in the shape of a wire protocol; None for the service's own shape.
    """
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if isinstance(error, UnsupportedEncodingError):
        headers["Accept-Encoding"] = ", ".join(ACCEPTED)  # https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.16
    return Response(error.body() if content is None else content, error.status, headers, JSON)


def on_api_error(_request: Request, error: Exception) -> Response:
    """Exception handler for the service's own errors."""
    if not isinstance(error, ApiError):
        raise error
    return error_response(error)


def on_http_exception(request: Request, error: Exception) -> Response:
    """Exception handler for the framework's refusals, such as an unknown path."""
    status = error.status_code if isinstance(error, HTTPException) else ApiError.status
    headers = dict(getattr(error, "headers", None) or {})
    is_of_server = request.method == "OPTIONS" and request.scope.get("raw_path") == b"*"
    if status == METHOD_NOT_ALLOWED or is_of_server:
        headers["Allow"] = _allowed(request, headers.get("Allow", ""), whole_server=is_of_server)
        if request.method == "OPTIONS":
            return Response(status_code=NO_CONTENT, headers=headers)
    refusal = ApiError(f"{request.method} {request.url.path[:MAX_PATH]}: {getattr(error, 'detail', 'refused')}")
    refusal.status, refusal.kind = status, _STATUS_KINDS.get(status, "refused")
    response = error_response(refusal)
    response.headers.update(headers)
    return response


def _allowed(request: Request, of_route: str, *, whole_server: bool) -> str:
    """The methods of a path, which may be those of several routes; the framework names only those of the first."""
    methods = {method.strip() for method in of_route.split(",") if method}
    for route in request.app.routes:
        if whole_server or route.matches(request.scope)[0] is not Match.NONE:
            methods |= getattr(route, "methods", None) or set()
    return ", ".join(sorted({*methods, "OPTIONS"}))


def unexpected(error: Exception, failures: FailureLog) -> ApiError:
    """The answer for a fault of the service: noted for the log, told in one sentence."""
    return failures.noted(ApiError(UNEXPECTED), error)
