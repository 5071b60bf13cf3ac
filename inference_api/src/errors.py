"""One base for every error that a client can see, and the one JSON shape they take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pydantic_core import to_json

MAX_DETAIL: Final = 1000
MAX_BODY: Final = 10_000


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with one field of a request.

    Attributes:
        field: Name of the field, `[3].name` inside a batch, or `body` for the whole.
        problem: What is wrong with it, without repeating its value.
    """

    field: str
    problem: str


@dataclass(frozen=True, slots=True)
class UnloggedFailure:
    """An unexpected exception that the log does not have yet.

    Attributes:
        cause: The exception.
        left_out: Exceptions of its kind that were not logged since the last one that was.
    """

    cause: Exception
    left_out: int


class ApiError(Exception):
    """Base of the errors that are answered with the service's JSON error shape.

    Attributes:
        unlogged: The exception behind it, to be logged with the id of the request.
        status: HTTP status code.
        kind: Stable identifier for programs.
        retry_after: Seconds for the `Retry-After` header; none without it.
    """

    status: int = 500
    kind: str = "internal_error"
    retry_after: int | None = None
    unlogged: UnloggedFailure | None = None

    def __init__(self, detail: str, fields: tuple[FieldProblem, ...] = ()) -> None:
        """Keep the sentence for people and the problems by field."""
        super().__init__(detail)
        self.detail = detail
        self.fields = fields

    def body(self) -> bytes:
        """The JSON body, never long: `{"error": kind, "detail": sentence, "fields": [...]}`."""
        fields = [{"field": problem.field, "problem": problem.problem} for problem in self.fields]
        while True:
            content = to_json({"error": self.kind, "detail": self.detail[:MAX_DETAIL], "fields": fields})
            if len(content) <= MAX_BODY or not fields:
                return content
            fields = fields[: len(fields) // 2]  # names and reasons may hold what the client sent


class NotJsonError(ApiError):
    """The body is not JSON."""

    status = 400
    kind = "not_json"


class DamagedBodyError(ApiError):
    """The body is not what its `Content-Encoding` says."""

    status = 400
    kind = "damaged_body"


class UnreadableRequestError(ApiError):
    """What came is no request of HTTP/1.1."""

    status = 400
    kind = "bad_request"


class BodyTooLargeError(ApiError):
    """The body is over the limit of bytes, or a batch over the limit of rows."""

    status = 413
    kind = "too_large"


class UnsupportedMediaTypeError(ApiError):
    """The body is declared as something else than JSON."""

    status = 415
    kind = "unsupported_media_type"


class UnsupportedEncodingError(UnsupportedMediaTypeError):
    """The body has a `Content-Encoding` that the service does not understand."""

    status = 415
    kind = "unsupported_encoding"


class InvalidRowError(ApiError):
    """The body is JSON, but does not fit the model's signature."""

    status = 422
    kind = "invalid_input"


class RefusedRowError(ApiError):
    """The row fits the signature, but the model itself refuses it or has no finite answer for it."""

    status = 422
    kind = "prediction_refused"


class NotReadyError(ApiError):
    """No model is serving yet."""

    status = 503
    kind = "not_ready"
    retry_after = 5


class OverloadedError(ApiError):
    """More rows are waiting than the service accepts."""

    status = 503
    kind = "overloaded"
    retry_after = 1


class ModelError(ApiError):
    """The registered model cannot be fetched, verified or loaded; the reason is shown on `/ready` and `/model`."""

    status = 503
    kind = "model_unavailable"
    retry_after = 5


class ModelRefusedError(ModelError):
    """The registered model is of a kind, or in a state, that this service does not serve."""

    kind = "model_refused"


class RegistryError(ModelError):
    """The MLflow registry does not answer, or does not know the model."""

    kind = "registry_unavailable"
