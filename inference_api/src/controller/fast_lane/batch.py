"""The requests of one look of the fast lane, which one model call answers."""

from __future__ import annotations

from time import perf_counter

from src.controller.error_responses import unexpected
from src.controller.fast_lane.response_writer import ResponseWriter
from src.errors import ApiError
from src.service.lifecycle.serving_state import ServingState
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction.model import Outcome
from src.service.schema.validator import Row


class LaneBatch:
    """Requests in the order in which they came; each has its row, or its error, from the moment it is added.

    Attributes:
        batcher: The model that validated the rows and will answer them; None while none serves.
        requests: Descriptor, the client's request id, and the error when it is known already.
    """

    __slots__ = ("_rows", "_since", "batcher", "requests")

    def __init__(self, batcher: MicroBatcher | None = None) -> None:
        """Start empty.

        Args:
            batcher: The model that serves now.
        """
        self.batcher = batcher
        self.requests: list[tuple[int, bytes, ApiError | None]] = []
        self._rows: list[Row] = []
        self._since = perf_counter()

    def add(self, descriptor: int, request_id: bytes, body: bytes, serving: ServingState) -> None:
        """Validate a request's body; what is wrong with it becomes its own error."""
        error: ApiError | None = None
        try:
            batcher = self.batcher or serving.current()
            self._rows.append(batcher.model.schema.row(body))
        except ApiError as refusal:
            error = refusal
        except Exception as fault:  # noqa: BLE001 - of the service: must not take the connection's neighbours along
            error = unexpected(fault, serving.failures)
        self.requests.append((descriptor, request_id, error))

    def descriptors(self) -> set[int]:
        """The connections of all requests."""
        return {request[0] for request in self.requests}

    def age(self) -> float:
        """Seconds since the first request was read."""
        return perf_counter() - self._since

    def is_quick(self) -> bool:
        """Whether the model's call is short enough for the event loop."""
        return self.batcher is None or self.batcher.is_quick(len(self._rows))

    def predict_now(self) -> list[Outcome]:
        """The model's outcomes for the valid rows."""
        return self.batcher.predict_now(self._rows) if self.batcher and self._rows else []

    async def predict(self) -> list[Outcome]:
        """The same, without holding the event loop."""
        if not self.batcher or not self._rows:
            return []
        rows = self._rows[: self.batcher.room()]
        refused = [self.batcher.overloaded()] * (len(self._rows) - len(rows))
        outcomes = await self.batcher.predict(rows) if rows else []
        return [*outcomes, *refused]

    def answers(
        self, outcomes: list[Outcome], writer: ResponseWriter, *, closing: bool
    ) -> tuple[list[tuple[int, bytes]], dict[int, int]]:
        """The bytes for each connection, in order, and how many answers have which status.

        Args:
            outcomes: One for each valid row.
            writer: Writes them.
            closing: Whether the last answer of each connection says that it ends.
        """
        version = self.batcher.model.bundle.version if self.batcher else ""
        last = {request[0]: place for place, request in enumerate(self.requests)} if closing else {}
        of_rows = iter(outcomes)
        found: list[tuple[int, bytes]] = []
        statuses: dict[int, int] = {}
        for place, (descriptor, request_id, error) in enumerate(self.requests):
            outcome = next(of_rows) if error is None else error
            close = last.get(descriptor) == place
            try:
                status, content = writer.answer(outcome, version, request_id, close=close)
            except Exception as fault:  # noqa: BLE001 - JSON cannot hold it; its neighbours have theirs
                refusal = unexpected(fault, writer.failures)
                status, content = writer.answer(refusal, version, request_id, close=close)
            statuses[status] = statuses.get(status, 0) + 1
            found.append((descriptor, content))
        return found, statuses
