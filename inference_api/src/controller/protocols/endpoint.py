"""A prediction endpoint, as the FastAPI route and the fast lane serve it.

A request goes through three steps: its head is bound to an endpoint (the lane keeps the result for the next request
with the same head), its body is read into rows, and the outcomes of the rows become the body of the response.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from src.errors import ApiError
from src.service.prediction.model import LoadedModel, Outcome
from src.service.schema.validator import Row

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class RequestParameters:
    """What the head of a request says beside its method and its length.

    Attributes:
        path: Values of the parameters in the path, decoded.
        query: The query string without its question mark, or empty.
        media_type: The value of `Content-Type` in lower case, without its parameters; JSON when there is none.
        headers: The first value of each header, by its name in lower case.
    """

    path: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TypedContent:
    """The body of a response that is not JSON.

    Attributes:
        body: Its bytes.
        media_type: Its media type.
        headers: Further headers of the response, with names in lower case.
    """

    body: bytes
    media_type: str
    headers: tuple[tuple[str, str], ...] = ()


Content = bytes | TypedContent
"""The body of a response; bytes are JSON."""


class PredictionRequest(Protocol):
    """One request, read and validated."""

    @property
    def rows(self) -> Sequence[Row]:
        """The rows to predict, in order; there may be none."""
        ...

    @property
    def probabilities(self) -> bool:
        """Whether the outcomes of its rows are `ClassProbabilities`."""
        ...

    def content(self, outcomes: Sequence[Outcome]) -> Content | ApiError:
        """The body of the response, or the error that the whole request gets.

        Args:
            outcomes: One for each row, in order.
        """
        ...

    def with_version(self, version: str) -> PredictionRequest:
        """The same request, of whose outcomes another version of the model was the author.

        Args:
            version: The version, for a response that names it.
        """
        ...


ReadRequest = Callable[[bytes, LoadedModel], PredictionRequest]
"""Reads the body of a request, whose content encoding is undone, for the model that will answer.

It raises an ApiError when the body is not a request of the protocol or does not fit the model's signature. A large body
may be read in a thread while the event loop reads others.
"""


class PredictionEndpoint(Protocol):
    """One path of one wire protocol. Its responses have status 200, or the status of an error."""

    @property
    def path(self) -> str:
        """The path of its requests, which are POST, with parameters as `{name}`; also the `route` of its metrics."""
        ...

    @property
    def media_types(self) -> frozenset[str]:
        """The media types of its requests; others are refused with 415."""
        ...

    @property
    def names_version(self) -> bool:
        """Whether its path names the version that answers, so that no other may."""
        ...

    def bind(self, parameters: RequestParameters) -> ReadRequest:
        """How the body of a request with this head is read.

        Raises:
            ApiError: When the head has a wrong value.
        """
        ...

    def error_content(self, error: ApiError) -> bytes:
        """The JSON body of an error response."""
        ...

    def operation(self, model: LoadedModel | None) -> dict[str, Any]:
        """Its OpenAPI operation; `#/components/schemas/Row` describes a row.

        Args:
            model: The model that serves; None while none does.
        """
        ...
