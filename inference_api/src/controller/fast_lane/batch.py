"""The requests that are answered together by one call of the model."""

from __future__ import annotations

import asyncio
from time import perf_counter
from typing import Final

from src.controller.error_responses import unexpected
from src.controller.fast_lane.request_head_cache import RequestHead
from src.controller.fast_lane.response_writer import ResponseWriter
from src.controller.protocols.endpoint import PredictionRequest
from src.errors import ApiError
from src.service.lifecycle.serving_state import ServingState
from src.service.prediction.micro_batcher import MAX_ROWS_PER_CALL, MicroBatcher
from src.service.prediction.model import Outcome
from src.service.schema.validator import Row

Outcomes = tuple[list[Outcome], list[Outcome]]
"""The outcomes of rows without and of rows with probabilities."""

FULL_ROWS: Final = MAX_ROWS_PER_CALL // 2
"""Rows from which on the next connection gets another call: what one connection brings seldom exceeds the rest."""


# A tuple: one with names would cost a tenth of what a request costs in all.
PendingRequest = tuple[int, RequestHead, PredictionRequest | ApiError]
"""Descriptor, head, and the request that was read, or the error when it is known already."""

Responses = tuple[list[tuple[int, bytes]], dict[tuple[str, int], int]]
"""The bytes for each connection, in order, and how many responses have which path and status."""


class LaneBatch:
    """Requests in the order in which they came, each with its rows or its error.

    Attributes:
        batcher: The model that validated the rows and will answer them; None while none serves.
        requests: The requests.
        rows: The rows of all whose predictions are wanted.
        rows_with_probabilities: The rows of all whose probabilities are wanted as well.
        since: When the first was read, by `perf_counter`.
    """

    __slots__ = ("batcher", "requests", "rows", "rows_with_probabilities", "since")

    def __init__(self, batcher: MicroBatcher | None = None) -> None:
        """Start empty.

        Args:
            batcher: The model that serves now.
        """
        self.batcher = batcher
        self.requests: list[PendingRequest] = []
        self.rows: list[Row] = []
        self.rows_with_probabilities: list[Row] = []
        self.since = perf_counter()

    def row_count(self) -> int:
        """Number of rows."""
        return len(self.rows) + len(self.rows_with_probabilities)

    def add(self, descriptor: int, head: RequestHead, body: bytes, serving: ServingState) -> None:
        """Read the rows of a request; what is wrong with them becomes its own error."""
        read: PredictionRequest | ApiError
        try:
            batcher = self.batcher or serving.current()
            read = head.read(body, batcher.model)
            if read.probabilities:
                self.rows_with_probabilities += read.rows
            else:
                self.rows += read.rows
        except ApiError as refusal:
            read = refusal
        except Exception as fault:  # noqa: BLE001 - of the service: must not take the connection's neighbours along
            read = unexpected(fault, serving.failures)
        self.requests.append((descriptor, head, read))

    def replace_requests(self, requests: list[PendingRequest]) -> None:
        """Have these requests, which this model has validated, and their rows.

        Args:
            requests: In the order in which they came.
        """
        self.requests, self.rows, self.rows_with_probabilities = requests, [], []
        for _descriptor, _head, read in requests:
            if not isinstance(read, ApiError):
                self._add_rows(read)

    def descriptors(self) -> set[int]:
        """The connections of all requests."""
        return {request[0] for request in self.requests}

    def seconds(self) -> float:
        """Time since the first request was read."""
        return perf_counter() - self.since

    def is_quick(self) -> bool:
        """Whether the model's calls are short enough for the event loop."""
        return self.batcher is None or self.batcher.is_quick(self.row_count())

    def predict_now(self) -> Outcomes:
        """The model's outcomes, one for each row."""
        if self.batcher is None:
            return [], []
        plain = self.batcher.predict_now(self.rows) if self.rows else []
        if not self.rows_with_probabilities:
            return plain, []
        return plain, self.batcher.predict_now(self.rows_with_probabilities, probabilities=True)

    async def predict(self) -> Outcomes:
        """The same without holding the event loop. Requests that find no room among the waiting rows are refused."""
        if self.batcher is None or not self.row_count():
            return [], []
        self._admit(self.batcher)
        if not self.rows_with_probabilities:
            return await self.batcher.predict(self.rows) if self.rows else [], []
        if not self.rows:
            return [], await self.batcher.predict(self.rows_with_probabilities, probabilities=True)
        plain, with_probabilities = await asyncio.gather(
            self.batcher.predict(self.rows), self.batcher.predict(self.rows_with_probabilities, probabilities=True)
        )
        return plain, with_probabilities

    def responses(self, outcomes: Outcomes, writer: ResponseWriter, *, closing: bool) -> Responses:
        """Write a response to each request.

        Args:
            outcomes: One for each row, without and with probabilities.
            writer: Writes them.
            closing: Whether the last response of each connection says that it ends.
        """
        model = self.batcher.model if self.batcher else None
        version = model.bundle.version if model else ""
        last = {pending[0]: place for place, pending in enumerate(self.requests)} if closing else {}
        found: list[tuple[int, bytes]] = []
        counts: dict[tuple[str, int], int] = {}
        first = [0, 0]
        for place, (descriptor, head, read) in enumerate(self.requests):
            close = closing and last[descriptor] == place
            if isinstance(read, ApiError):
                status, content = writer.error(head, read, close=close)
            else:
                kind = read.probabilities
                start = first[kind]
                first[kind] = end = start + len(read.rows)
                status, content = writer.response(head, read, outcomes[kind][start:end], model, version, close=close)
            answered = head.endpoint.path, status
            counts[answered] = counts.get(answered, 0) + 1
            found.append((descriptor, content))
        return found, counts

    def _admit(self, batcher: MicroBatcher) -> None:
        """Keep the requests for whose rows there is room, in order; a request is refused whole."""
        room = batcher.room()
        self.rows, self.rows_with_probabilities = [], []
        for place, (descriptor, head, read) in enumerate(self.requests):
            if isinstance(read, ApiError):
                continue
            # As on the route, one large request passes when nothing waits.
            if self.row_count() + len(read.rows) <= room or (not self.row_count() and batcher.admits(len(read.rows))):
                self._add_rows(read)
            else:
                self.requests[place] = descriptor, head, batcher.overloaded()

    def _add_rows(self, read: PredictionRequest) -> None:
        if read.probabilities:
            self.rows_with_probabilities += read.rows
        else:
            self.rows += read.rows
