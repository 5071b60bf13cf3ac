"""The requests that are answered together by one call of the model."""

from __future__ import annotations

from time import perf_counter
from typing import Final

from src.controller.error_responses import unexpected
from src.controller.fast_lane.request_head_cache import RequestHead
from src.controller.fast_lane.response_writer import ResponseWriter
from src.errors import ApiError
from src.service.lifecycle.serving_state import ServingState
from src.service.prediction.micro_batcher import MAX_ROWS_PER_CALL, MicroBatcher
from src.service.prediction.model import Outcome
from src.service.schema.validator import Row

FULL_ROWS: Final = MAX_ROWS_PER_CALL // 2
"""Rows from which on the next connection gets another call: what one connection brings seldom exceeds the rest."""


# A tuple: one with names would cost a tenth of what a request costs in all.
_Request = tuple[int, RequestHead, int, ApiError | None]
"""Descriptor, head, number of rows, and the error when it is known already."""


class LaneBatch:
    """Requests in the order in which they came, each with its rows or its error.

    Attributes:
        batcher: The model that validated the rows and will answer them; None while none serves.
        requests: The requests.
        rows: The rows of all.
    """

    __slots__ = ("_since", "batcher", "requests", "rows")

    def __init__(self, batcher: MicroBatcher | None = None) -> None:
        """Start empty.

        Args:
            batcher: The model that serves now.
        """
        self.batcher = batcher
        self.requests: list[_Request] = []
        self.rows: list[Row] = []
        self._since = perf_counter()

    def add(self, descriptor: int, head: RequestHead, body: bytes, serving: ServingState) -> None:
        """Read the rows of a request; what is wrong with them becomes its own error."""
        error: ApiError | None = None
        count = 0
        try:
            batcher = self.batcher or serving.current()
            rows = head.endpoint.rows(body, batcher.model)
            self.rows += rows
            count = len(rows)
        except ApiError as refusal:
            error = refusal
        except Exception as fault:  # noqa: BLE001 - of the service: must not take the connection's neighbours along
            error = unexpected(fault, serving.failures)
        self.requests.append((descriptor, head, count, error))

    def descriptors(self) -> set[int]:
        """The connections of all requests."""
        return {request[0] for request in self.requests}

    def seconds(self) -> float:
        """Time since the first request was read."""
        return perf_counter() - self._since

    def is_quick(self) -> bool:
        """Whether the model's call is short enough for the event loop."""
        return self.batcher is None or self.batcher.is_quick(len(self.rows))

    def predict_now(self) -> list[Outcome]:
        """The model's outcomes, one for each row."""
        return self.batcher.predict_now(self.rows) if self.batcher and self.rows else []

    async def predict(self) -> list[Outcome]:
        """The same without holding the event loop. Requests that find no room among the waiting rows are refused."""
        if not self.batcher or not self.rows:
            return []
        self._admit(self.batcher)
        return await self.batcher.predict(self.rows) if self.rows else []

    def responses(
        self, outcomes: list[Outcome], writer: ResponseWriter, *, closing: bool
    ) -> tuple[list[tuple[int, bytes]], dict[tuple[str, int], int]]:
        """The bytes for each connection, in order, and how many responses have which path and status.

        Args:
            outcomes: One for each row.
            writer: Writes them.
            closing: Whether the last response of each connection says that it ends.
        """
        version = self.batcher.model.bundle.version if self.batcher else ""
        last = {request[0]: place for place, request in enumerate(self.requests)} if closing else {}
        found: list[tuple[int, bytes]] = []
        counts: dict[tuple[str, int], int] = {}
        first = 0
        for place, (descriptor, head, rows, error) in enumerate(self.requests):
            of_request = outcomes[first : first + rows]
            first += rows
            close = last.get(descriptor) == place
            status, content = writer.response(head, error or of_request, version, close=close)
            kind = head.endpoint.path, status
            counts[kind] = counts.get(kind, 0) + 1
            found.append((descriptor, content))
        return found, counts

    def _admit(self, batcher: MicroBatcher) -> None:
        """Keep the requests for whose rows there is room, in order; a request is refused whole."""
        room = batcher.room()
        admitted: list[Row] = []
        first = 0
        for place, (descriptor, head, count, _error) in enumerate(self.requests):
            rows = self.rows[first : first + count]
            first += count
            # As on the route, one large request passes when nothing waits.
            if len(admitted) + len(rows) <= room or (not admitted and batcher.admits(len(rows))):
                admitted += rows
            else:
                self.requests[place] = descriptor, head, 0, batcher.overloaded()
        self.rows = admitted
