"""The base class of every error that a client can see, and its JSON body."""

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
        left_out: Exceptions of the same kind since the last one that was logged.
    """

    cause: Exception
    left_out: int


class ApiError(Exception):
    """Base of the errors that clients get as JSON.

    Attributes:
        unlogged: The exception that caused it, until it is logged with the id of the request.
        status: HTTP status code.
        kind: Stable identifier for programs.
        retry_after: Seconds for the `Retry-After` header; None for no header.
    """

    status: int = 500
    kind: str = "internal_error"
    retry_after: int | None = None
    unlogged: UnloggedFailure | None = None

    def __init__(self, detail: str, fields: tuple[FieldProblem, ...] = ()) -> None:
        """Create the error.

        Args:
            detail: A sentence for people.
            fields: The problems of single fields.
        """
        super().__init__(detail)
        self.detail = detail
        self.fields = fields

    def body(self) -> bytes:
        """The JSON body, at most `MAX_BODY` bytes: `{"error": kind, "detail": sentence, "fields": [...]}`."""
        fields = [{"field": problem.field, "problem": problem.problem} for problem in self.fields]
        while True:
            content = to_json({"error": self.kind, "detail": self.detail[:MAX_DETAIL], "fields": fields})
            if len(content) <= MAX_BODY or not fields:
                return content
            fields = fields[: len(fields) // 2]  # names and problems may contain what the client sent


class NotJsonError(ApiError):
    """The body is not JSON."""

    status = 400
    kind = "not_json"


class DamagedBodyError(ApiError):
    """The body cannot be decoded by its `Content-Encoding`."""

    status = 400
    kind = "damaged_body"


class UnreadableRequestError(ApiError):
    """The received bytes are not an HTTP/1.1 request."""

    status = 400
    kind = "bad_request"


class RequestTimeoutError(ApiError):
    """The request did not arrive as a whole in time."""

    status = 408
    kind = "request_timeout"


class BodyTooLargeError(ApiError):
    """The body has too many bytes, or the batch too many rows."""

    status = 413
    kind = "too_large"


class UnsupportedMediaTypeError(ApiError):
    """The body is declared with another media type than JSON."""

    status = 415
    kind = "unsupported_media_type"


class UnsupportedEncodingError(UnsupportedMediaTypeError):
    """The service does not support the body's `Content-Encoding`."""

    status = 415
    kind = "unsupported_encoding"


class InvalidRowError(ApiError):
    """The body is JSON, but does not fit the model's signature."""

    status = 422
    kind = "invalid_input"


class InvalidParameterError(ApiError):
    """A parameter in the request's address has a wrong value."""

    status = 422
    kind = "invalid_parameter"


class NoProbabilitiesError(ApiError):
    """Probabilities are wanted of a model that has none."""

    status = 422
    kind = "no_probabilities"


class RefusedRowError(ApiError):
    """The row fits the signature, but the model rejects it or returns no finite prediction for it."""

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
