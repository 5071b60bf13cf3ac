"""The OpenAPI operation of a prediction endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

ROW: Final[dict[str, Any]] = {"$ref": "#/components/schemas/Row"}
PREDICTION: Final[dict[str, Any]] = {
    "description": "Number, label (string, integer or boolean), or a list of these for several outputs",
    "anyOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}, {"type": "array", "items": {}}],
}
PROBABILITIES: Final[dict[str, Any]] = {
    "description": "The probability of each class, with `probabilities=true`",
    "type": "object",
    "additionalProperties": {"type": "number"},
}
VERSION_HEADER: Final[dict[str, Any]] = {
    "X-Model-Version": {
        "description": "Version that answered. While another version is tried, that one answers a part of the "
        "requests. Those with the same X-Request-ID, or the same value of the header that CANARY_HEADER names, are "
        "always answered by the same version.",
        "schema": {"type": "string"},
    }
}
_PARAMETERS: Final = [
    {
        "name": "probabilities",
        "in": "query",
        "description": "Whether the response has the probability of each class of a classifier",
        "schema": {"type": "boolean"},  # with a default the documentation page would always send it
    }
]
_ERRORS: Final = {
    "400": "The body is not JSON, or not what its Content-Encoding says",
    "413": "The body is too large",
    "415": "The body is declared as something else than JSON, or with an encoding that is not understood",
    "422": "The input does not fit the model's signature, or the model has no answer for it",
    "503": "No model serves yet, or too many requests are waiting",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """What differs between prediction endpoints.

    Attributes:
        summary: One line for the documentation pages.
        name: `operationId`, and the key of the response.
        request: JSON Schema of the body.
        response: JSON Schema of the value under the key.
        probabilities: JSON Schema of the value under `probabilities`.
    """

    summary: str
    name: str
    request: dict[str, Any]
    response: dict[str, Any]
    probabilities: dict[str, Any]

    def document(self, example: Any) -> dict[str, Any]:
        """The operation with its errors.

        Args:
            example: A body; None for no example.
        """
        content: dict[str, Any] = {"schema": self.request}
        if example is not None:
            content["example"] = example
        success = {
            "type": "object",
            "properties": {self.name: self.response, "probabilities": self.probabilities},
            "required": [self.name],
        }
        errors = {
            status: {
                "description": text,
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
            }
            for status, text in _ERRORS.items()
        }
        return {
            "tags": ["prediction"],
            "summary": self.summary,
            "operationId": self.name,
            "parameters": _PARAMETERS,
            "requestBody": {"required": True, "content": {"application/json": content}},
            "responses": {
                "200": {
                    "description": "The answer",
                    "headers": VERSION_HEADER,
                    "content": {"application/json": {"schema": success}},
                },
                **errors,
            },
        }
