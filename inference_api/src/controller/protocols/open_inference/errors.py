"""The errors of this protocol: a sentence, in the shape that its clients read."""

from __future__ import annotations

from typing import Final

from pydantic_core import to_json

from src.errors import MAX_BODY, ApiError

MAX_SENTENCE: Final = 4000
MAX_NAME: Final = 100


class InvalidInferenceError(ApiError):
    """The body is not an inference request, or its tensors do not fit the model."""

    status = 422
    kind = "invalid_inference_request"


class UnknownModelError(ApiError):
    """The address names another model, or another version, than the one that serves."""

    status = 404
    kind = "unknown_model"


def quoted(name: str) -> str:
    """A name that the client sent, as it may stand in a sentence."""
    return repr(name[:MAX_NAME])


def error_content(error: ApiError) -> bytes:
    """The JSON body of an error: `{"error": sentence}`."""
    problems = "; ".join(f"{problem.field}: {problem.problem}" for problem in error.fields)
    sentence = f"{error.detail} ({problems})" if problems else error.detail
    content = to_json({"error": sentence[:MAX_SENTENCE]})
    # A character may take six bytes in JSON.
    return content if len(content) <= MAX_BODY else to_json({"error": sentence[: MAX_BODY // 8]})
