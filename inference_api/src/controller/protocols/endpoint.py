"""A prediction endpoint, as the FastAPI route and the fast lane serve it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from src.errors import ApiError
from src.service.prediction.model import LoadedModel, Outcome
from src.service.schema.validator import Row


class PredictionEndpoint(Protocol):
    """One path of one wire protocol.

    Its responses are JSON with status 200, or an error with the error's own status.
    """

    @property
    def path(self) -> str:
        """The path of its requests, which are POST; also the `route` label of its metrics."""
        ...

    def rows(self, body: bytes, model: LoadedModel) -> Sequence[Row]:
        """The rows that a request asks for.

        Args:
            body: The request's body, with its content encoding undone.
            model: The model that will answer.

        Raises:
            ApiError: When the body is not a request of this protocol or does not fit the model's signature.
        """
        ...

    def content(self, outcomes: Sequence[Outcome]) -> bytes | ApiError:
        """The body of the response, or the error that the whole request gets.

        Args:
            outcomes: One for each row of the request, in order.
        """
        ...

    def error_content(self, error: ApiError) -> bytes:
        """The body of an error response."""
        ...

    def operation(self, example: dict[str, Any] | None) -> dict[str, Any]:
        """Its OpenAPI operation; `#/components/schemas/Row` describes a row.

        Args:
            example: A row that the model accepts; None while no model serves.
        """
        ...
