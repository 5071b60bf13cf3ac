"""The requests that are answered together by one call of the model."""

from __future__ import annotations

from collections import Counter
from time import perf_counter
from typing import NamedTuple

from src.controller.error_responses import unexpected
from src.controller.fast_lane.request_head_cache import RequestHead
from src.controller.fast_lane.response_writer import ResponseWriter
from src.errors import ApiError
from src.service.lifecycle.serving_state import ServingState
from src.service.prediction.micro_batcher import MAX_ROWS_PER_CALL, MicroBatcher
from src.service.prediction.model import Outcome
from src.service.schema.validator import Row

_FULL_ROWS = MAX_ROWS_PER_CALL // 2
"""Rows from which on the next connection gets another call: what one connection brings seldom exceeds the rest."""


class _Request(NamedTuple):
    descriptor: int
    head: RequestHead
    rows: int
    error: ApiError | None


class LaneBatch:
    """Requests in the order in which they came, each with its rows or its error.

    Attributes:
        batcher: The model that validated the rows and will answer them; None while none serves.
    """

    __slots__ = ("_requests", "_rows", "_since", "batcher")

    def __init__(self, batcher: MicroBatcher | None = None) -> None:
        """Start empty.

        Args:
            batcher: The model that serves now.
        """
        self.batcher = batcher
        self._requests: list[_Request] = []
        self._rows: list[Row] = []
        self._since = perf_counter()

    def __len__(self) -> int:
        """How many requests."""
        return len(self._requests)

    def add(self, descriptor: int, head: RequestHead, body: bytes, serving: ServingState) -> None:
        """Read the rows of a request; what is wrong with them becomes its own error."""
        error: ApiError | None = None
        count = 0
        try:
            batcher = self.batcher or serving.current()
            rows = head.endpoint.rows(body, batcher.model)
            self._rows += rows
            count = len(rows)
        except ApiError as refusal:
            error = refusal
        except Exception as fault:  # noqa: BLE001 - of the service: must not take the connection's neighbours along
            error = unexpected(fault, serving.failures)
        self._requests.append(_Request(descriptor, head, count, error))

    def descriptors(self) -> set[int]:
        """The connections of all requests."""
        return {request.descriptor for request in self._requests}

    def seconds(self) -> float:
        """Time since the first request was read."""
        return perf_counter() - self._since

    def is_full(self) -> bool:
        """Whether further connections get a batch of their own, so that the call stays short."""
        return len(self._rows) >= _FULL_ROWS

    def is_quick(self) -> bool:
        """Whether the model's call is short enough for the event loop."""
        return self.batcher is None or self.batcher.is_quick(len(self._rows))

    def predict_now(self) -> list[Outcome]:
        """The model's outcomes, one for each row."""
        return self.batcher.predict_now(self._rows) if self.batcher and self._rows else []

    async def predict(self) -> list[Outcome]:
        """The same without holding the event loop. Requests that find no room among the waiting rows are refused."""
        if not self.batcher or not self._rows:
            return []
        self._admit(self.batcher)
        return await self.batcher.predict(self._rows) if self._rows else []

    def responses(
        self, outcomes: list[Outcome], writer: ResponseWriter, *, closing: bool
    ) -> tuple[list[tuple[int, bytes]], Counter[tuple[str, int]]]:
        """The bytes for each connection, in order, and how many responses have which path and status.

        Args:
            outcomes: One for each row.
            writer: Writes them.
            closing: Whether the last response of each connection says that it ends.
        """
        version = self.batcher.model.bundle.version if self.batcher else ""
        last = {request.descriptor: place for place, request in enumerate(self._requests)} if closing else {}
        found: list[tuple[int, bytes]] = []
        counts: Counter[tuple[str, int]] = Counter()
        first = 0
        for place, (descriptor, head, rows, error) in enumerate(self._requests):
            of_request = outcomes[first : first + rows]
            first += rows
            close = last.get(descriptor) == place
            status, content = writer.response(head, error or of_request, version, close=close)
            counts[head.endpoint.path, status] += 1
            found.append((descriptor, content))
        return found, counts

    def _admit(self, batcher: MicroBatcher) -> None:
        """Keep the requests for whose rows there is room, in order; a request is refused whole."""
        room = batcher.room()
        admitted: list[Row] = []
        first = 0
        for place, request in enumerate(self._requests):
            rows = self._rows[first : first + request.rows]
            first += request.rows
            # As on the route, one large request passes when nothing waits.
            if len(admitted) + len(rows) <= room or (not admitted and batcher.admits(len(rows))):
                admitted += rows
            else:
                self._requests[place] = request._replace(rows=0, error=batcher.overloaded())
        self._rows = admitted
