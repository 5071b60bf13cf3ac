"""The requests of a batch that wait for the challenger, so that the other connections need not."""

from __future__ import annotations

from collections.abc import Sequence

from src.controller.fast_lane.batch import LaneBatch, Outcomes, PendingRequest, Responses
from src.controller.fast_lane.response_writer import ResponseWriter
from src.controller.protocols.endpoint import PredictionRequest
from src.errors import ApiError
from src.service.challenger.canary import challenger_outcomes, is_canary
from src.service.challenger.challenger import Challenger
from src.service.metrics.metrics import Metrics
from src.service.prediction.model import Outcome


class CanaryBatch(LaneBatch):
    """All requests of the connections that have one for the challenger.

    The champion answers the others, whose connections keep their order, and those that the challenger cannot.
    """

    __slots__ = ("_answers", "_canaries", "_challenger", "_metrics")

    def __init__(
        self, batch: LaneBatch, canaries: dict[int, PredictionRequest], challenger: Challenger, metrics: Metrics
    ) -> None:
        """Take these requests, and all others of their connections, out of a batch.

        Args:
            batch: Keeps the requests of the other connections.
            canaries: The requests for the challenger, by their places in the batch.
            challenger: The challenger.
            metrics: Counts them.
        """
        super().__init__(batch.batcher)
        self.since = batch.since
        self._challenger, self._metrics = challenger, metrics
        self._canaries: dict[int, PredictionRequest] = {}
        self._answers: dict[int, Sequence[Outcome]] = {}
        descriptors = {batch.requests[place][0] for place in canaries}
        kept: list[PendingRequest] = []
        for place, request in enumerate(batch.requests):
            if request[0] not in descriptors:
                kept.append(request)
                continue
            if place in canaries:
                self._canaries[len(self.requests)] = canaries[place]
            self.requests.append(request)
        batch.replace_requests(kept)

    async def predict(self) -> Outcomes:
        """The outcomes of the champion, which gets what the challenger has not answered."""
        if self.batcher is None:
            return [], []
        found = await challenger_outcomes(
            [*self._canaries.values()], self._challenger, self.batcher.model, self._metrics
        )
        self._answers = {
            place: outcomes for place, outcomes in zip(self._canaries, found, strict=True) if outcomes is not None
        }
        others = [place for place in range(len(self.requests)) if place not in self._answers]
        champion = LaneBatch(self.batcher)
        champion.replace_requests([self.requests[place] for place in others])
        outcomes = await champion.predict()
        for place, request in zip(others, champion.requests, strict=True):  # some may be refused now
            self.requests[place] = request
        return outcomes

    def responses(self, outcomes: Outcomes, writer: ResponseWriter, *, closing: bool) -> Responses:
        """Write a response to each request, with the version that answered it.

        Args:
            outcomes: Those of the champion.
            writer: Writes them.
            closing: Whether the last response of each connection says that it ends.
        """
        model = self.batcher.model if self.batcher else None
        champion = model.bundle.version if model else ""
        last = {pending[0]: place for place, pending in enumerate(self.requests)}
        found: list[tuple[int, bytes]] = []
        counts: dict[tuple[str, int], int] = {}
        first = [0, 0]
        for place, (descriptor, head, read) in enumerate(self.requests):
            close = closing and last[descriptor] == place
            if isinstance(read, ApiError):
                status, content = writer.error(head, read, close=close)
            elif place in self._answers:
                version = self._challenger.version
                answered = read.with_version(version)
                status, content = writer.response(head, answered, self._answers[place], model, version, close=close)
            else:
                kind = read.probabilities
                start = first[kind]
                first[kind] = end = start + len(read.rows)
                status, content = writer.response(head, read, outcomes[kind][start:end], model, champion, close=close)
            counts[head.endpoint.path, status] = counts.get((head.endpoint.path, status), 0) + 1
            found.append((descriptor, content))
        return found, counts


def take_canaries(batch: LaneBatch, challenger: Challenger, metrics: Metrics) -> CanaryBatch | None:
    """Take the requests of those connections out of a batch that have one for the challenger.

    Args:
        batch: Keeps the requests of the other connections.
        challenger: The challenger.
        metrics: Counts the requests that go to it.

    Returns:
        What was taken; None when it is nothing.
    """
    if batch.batcher is None or not challenger.traffic.canary_percent:
        return None
    champion = batch.batcher.model
    canaries = {
        place: read
        for place, (_descriptor, head, read) in enumerate(batch.requests)
        if not isinstance(read, ApiError)
        and not head.endpoint.names_version
        and is_canary(read, head.canary_key, challenger, champion)
    }
    return CanaryBatch(batch, canaries, challenger, metrics) if canaries else None
