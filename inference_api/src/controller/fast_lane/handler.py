"""The fast lane: one edge-triggered epoll answers plain predictions; every other request goes to uvicorn.

A service that answers 10,000 users from a tenth of a core cannot afford a transport, a protocol, a parser and a timer
for each of them. Here an idle connection is one dictionary entry; one wake-up reads what is there on all of them, and
one call of the model answers it. A connection that sends anything else than a plain keep-alive POST to a prediction
endpoint is handed, with the bytes already read, to uvicorn's own protocol, for good: the lane has no HTTP of its own.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Final

from src.controller.fast_lane.batch import FULL_ROWS, LaneBatch, Outcomes
from src.controller.fast_lane.batching_delay import BatchingDelay
from src.controller.fast_lane.canary_batch import CanaryBatch, take_canaries
from src.controller.fast_lane.connections import LaneConnections
from src.controller.fast_lane.poll_scheduler import PollScheduler
from src.controller.fast_lane.request_head_cache import RequestHeadCache
from src.controller.fast_lane.response_writer import DefaultHeaders, ResponseWriter
from src.controller.http_protocol import TOO_SLOW, HttpProtocol, closing_response
from src.controller.protocols.endpoint import PredictionEndpoint
from src.errors import RequestTimeoutError
from src.service.lifecycle.serving_state import ServingState
from src.service.metrics.metrics import Metrics
from src.settings import Settings

HandOver = Callable[[socket.socket, bytes], None]
"""Gives a connection, with what was read from it, to uvicorn."""

_BLANK_LINE: Final = b"\r\n\r\n"
_SWEEP_SECONDS: Final = 1.0


class FastLane:
    """Answers the connections of one process, each until it needs uvicorn.

    Requests are read into batches, batches are predicted, responses are sent. What follows a pending request on its
    connection is read when that was answered, and belongs to the next batch.
    """

    def __init__(  # noqa: PLR0913 - the application's state, and the two ways to uvicorn
        self,
        serving: ServingState,
        metrics: Metrics,
        settings: Settings,
        endpoints: Sequence[PredictionEndpoint],
        *,
        default_headers: Callable[[], DefaultHeaders],
        hand_over: HandOver,
    ) -> None:
        """Start without a connection; call inside the running loop.

        Args:
            serving: Which model answers.
            metrics: Where responses are counted.
            settings: Limits, the longest batching delay, the idle time of a connection.
            endpoints: The prediction endpoints.
            default_headers: uvicorn's headers of the moment.
            hand_over: Takes every connection that is not the lane's.
        """
        self._serving, self._metrics, self._hand_over = serving, metrics, hand_over
        self._keep_alive = settings.keep_alive_seconds
        self._heads = RequestHeadCache(endpoints, settings.max_body_bytes, settings.canary_header)
        self._default_headers = default_headers
        self._writer = ResponseWriter(default_headers, serving.failures, serving.prediction_log)
        self._loop = asyncio.get_running_loop()
        self._connections = LaneConnections()
        self._batch = LaneBatch()
        self._full: deque[LaneBatch] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._settled = asyncio.Event()
        delay = BatchingDelay(settings.longest_rest_ms / 1000)
        self._scheduler = PollScheduler(self._connections.fileno(), self._read, self._answer, delay)
        self._timer = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def __len__(self) -> int:
        """Open connections."""
        return len(self._connections)

    def requests_in_flight(self) -> int:
        """Requests that wait for their response; those of one connection count once."""
        return self._connections.pending_count()

    def waiting_rows(self) -> int:
        """Rows that were read and not given to the model yet."""
        return sum(batch.row_count() for batch in (*self._full, self._batch))

    def add(self, connection: socket.socket) -> None:
        """Take a new connection, which does not block."""
        self._connections.add(connection)

    async def close(self, limit_seconds: float) -> None:
        """Answer what has arrived, telling its clients that the connection ends, and close everything.

        Args:
            limit_seconds: How long to wait for a model that works, and for clients to take their responses.
        """
        if self._closing:
            return
        self._closing = True
        try:
            self._scheduler.poll_without_delay()
            self._connections.close_idle()
            self._check_settled()
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_seconds):
                    await self._settled.wait()
        finally:
            self._timer.cancel()
            self._scheduler.stop()
            self._connections.close_all()

    # Requests

    def _read(self) -> int:
        """Read every connection that has something; returns how many requests that brought."""
        if self._batch.requests and self._batch.batcher is not self._serving.batcher:
            self._answer()  # by the model that validated them
        count = self._parse_all(self._connections.received().items())
        self._check_settled()
        return count

    def _parse_all(self, received: Iterable[tuple[int, bytes]]) -> int:
        batch = self._batch
        count = -len(batch.requests)
        for descriptor, data in received:
            if not batch.requests:
                batch = self._batch = LaneBatch(self._serving.batcher)
            self._parse(batch, descriptor, data)
            if len(batch.rows) >= FULL_ROWS or len(batch.rows_with_probabilities) >= FULL_ROWS:
                # Between connections only: the requests of one are answered in their order.
                self._full.append(batch)
                count += len(batch.requests)
                batch = self._batch = LaneBatch(self._serving.batcher)
        return count + len(batch.requests)

    def _parse(self, batch: LaneBatch, descriptor: int, data: bytes) -> None:
        """Add every whole request to the batch; keep what is left, or hand the connection over."""
        start = 0
        while start < len(data):
            blank = data.find(_BLANK_LINE, start)
            body = blank + len(_BLANK_LINE)
            head = self._heads.read(data[start:body]) if blank >= 0 else None
            if head is None:
                is_unfinished = blank < 0 and self._heads.may_become_head(data[start:])
                if is_unfinished or self._connections.is_busy(descriptor):
                    self._connections.keep(descriptor, data[start:])
                else:
                    self._hand_over(self._connections.detach(descriptor), data[start:])
                return
            end = body + head.body_length
            if end > len(data):
                self._connections.keep(descriptor, data[start:])
                return
            batch.add(descriptor, head, data[body:end], self._serving)
            self._connections.set_pending(descriptor)
            start = end

    # Responses

    def _answer(self) -> int:
        """Answer every request that was read; returns how many requests that were.

        A model that is not quick answers later, beside the event loop.
        """
        count = 0
        while batch := self._next_batch():
            count += len(batch.requests)
            if self._serving.challenger is not None:
                self._take_canaries(batch)
            if batch.is_quick():
                self._parse_all(self._respond(batch, batch.predict_now()))
            else:
                self._start(self._answer_later(batch))
        self._connections.rearm()
        self._check_settled()
        return count

    def _take_canaries(self, batch: LaneBatch) -> None:
        challenger = self._serving.challenger_of(batch.batcher)
        canaries = None if challenger is None else take_canaries(batch, challenger, self._metrics)
        if canaries is not None:
            self._start(self._answer_canaries(canaries))

    def _start(self, answering: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(answering)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer_later(self, batch: LaneBatch) -> None:
        self._parse_all(self._respond(batch, await batch.predict()))
        self._answer()

    async def _answer_canaries(self, batch: CanaryBatch) -> None:
        behind = self._respond(batch, await batch.predict())
        if behind:
            self._parse_all(behind)
            self._answer()
        else:  # what other connections have sent goes on waiting for the end of the delay
            self._connections.rearm()
            self._check_settled()

    def _next_batch(self) -> LaneBatch | None:
        if self._full:
            return self._full.popleft()
        if not self._batch.requests:
            return None
        batch, self._batch = self._batch, LaneBatch()
        return batch

    def _respond(self, batch: LaneBatch, outcomes: Outcomes) -> list[tuple[int, bytes]]:
        """Send the responses of a batch; returns what its connections sent behind these requests."""
        responses, counts = batch.responses(outcomes, self._writer, closing=self._closing)
        descriptors = batch.descriptors()
        for descriptor, content in responses:
            self._connections.send(descriptor, content)
        waiting = self._connections.completed(descriptors)
        self._metrics.lane(counts, batch.seconds())
        if not self._closing:
            return waiting
        self._connections.close_answered(descriptors)
        return []

    # The end

    def _check_settled(self) -> None:
        if self._closing and self._connections.is_settled():
            self._settled.set()

    def _sweep(self) -> None:
        self._connections.close_silent(self._keep_alive)
        self._connections.close_slow(HttpProtocol.request_seconds, self._too_slow)
        self._timer = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def _too_slow(self) -> bytes:
        return closing_response(RequestTimeoutError(TOO_SLOW), self._default_headers())
