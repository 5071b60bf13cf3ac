"""The fast lane: one edge-triggered epoll answers plain `POST /predict`; every other request goes to uvicorn.

A service that answers 10,000 users from a tenth of a core cannot afford a transport, a protocol, a parser and a timer
for each of them. Here an idle connection is one dictionary entry; one wake-up reads what is there on all of them, and
one model call answers it. A connection that sends anything else than a plain keep-alive `POST /predict` is handed,
with the bytes already read, to uvicorn's own protocol, for good: the lane has no HTTP of its own.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from src.controller.fast_lane.batch import LaneBatch
from src.controller.fast_lane.batching_delay import BatchingDelay
from src.controller.fast_lane.connections import LaneConnections
from src.controller.fast_lane.poll_scheduler import PollScheduler
from src.controller.fast_lane.request_head_cache import RequestHeadCache, may_be_head
from src.controller.fast_lane.response_writer import DefaultHeaders, ResponseWriter
from src.service.lifecycle.serving_state import ServingState
from src.service.metrics.metrics import Metrics
from src.service.prediction.model import Outcome
from src.settings import Settings

HandOver = Callable[[socket.socket, bytes], None]
"""Gives a connection, with what was read from it, to uvicorn."""

_BLANK_LINE: Final = b"\r\n\r\n"
_SWEEP_SECONDS: Final = 1.0


class FastLane:
    """Answers the connections of one process, each until it needs uvicorn."""

    def __init__(
        self,
        serving: ServingState,
        metrics: Metrics,
        settings: Settings,
        default_headers: Callable[[], DefaultHeaders],
        hand_over: HandOver,
    ) -> None:
        """Start without a connection; call inside the running loop.

        Args:
            serving: Which model answers.
            metrics: Where answers are counted.
            settings: Limits, the longest rest, the idle time of a connection.
            default_headers: uvicorn's headers of the moment.
            hand_over: Takes every connection that is not the lane's.
        """
        self._serving, self._metrics, self._hand_over = serving, metrics, hand_over
        self._keep_alive = settings.keep_alive_seconds
        self._heads = RequestHeadCache(settings.max_body_bytes)
        self._writer = ResponseWriter(default_headers, serving.failures)
        self._loop = asyncio.get_running_loop()
        self._connections = LaneConnections()
        self._batch = LaneBatch()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._settled = asyncio.Event()
        rests = BatchingDelay(settings.longest_rest_ms / 1000)
        self._rhythm = PollScheduler(self._connections.fileno(), self._gather, self._answer, rests)
        self._timer = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def __len__(self) -> int:
        """Open connections."""
        return len(self._connections)

    def add(self, connection: socket.socket) -> None:
        """Take a new connection, which does not block."""
        self._connections.add(connection)

    async def close(self, limit_seconds: float) -> None:
        """Answer what has arrived, telling its clients that the connection ends, and close everything.

        Args:
            limit_seconds: How long to wait for a model that works, and for clients to take their answers.
        """
        if self._closing:
            return
        self._closing = True
        try:
            self._rhythm.hurry()
            self._connections.drop_idle()
            self._check_settled()
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_seconds):
                    await self._settled.wait()
        finally:
            self._timer.cancel()
            self._rhythm.stop()
            self._connections.close()

    # Requests in

    def _gather(self) -> int:
        """Read every connection that has something; returns how many requests that brought."""
        if self._batch.requests and self._batch.batcher is not self._serving.batcher:
            self._answer()  # by the model that validated them
        before = len(self._batch.requests)
        for descriptor, data in self._connections.received():
            self._take(descriptor, data)
        self._check_settled()
        return len(self._batch.requests) - before

    def _take(self, descriptor: int, data: bytes) -> None:
        """Take every whole request from what was read; keep the rest, or hand the connection over."""
        start = 0
        while start < len(data):
            blank = data.find(_BLANK_LINE, start)
            body = blank + len(_BLANK_LINE)
            head = self._heads.read(data[start:body]) if blank >= 0 else None
            if head is None:
                self._leave(descriptor, data[start:], is_unfinished=blank < 0 and may_be_head(data[start:]))
                return
            end = body + head.body_length
            if end > len(data):
                self._connections.partial[descriptor] = data[start:]
                return
            if not self._batch.requests:
                self._batch = LaneBatch(self._serving.batcher)
            self._batch.add(descriptor, head.request_id, data[body:end], self._serving)
            self._connections.owed.add(descriptor)
            start = end

    def _leave(self, descriptor: int, data: bytes, *, is_unfinished: bool) -> None:
        if is_unfinished or self._connections.is_busy(descriptor):
            self._connections.partial[descriptor] = data
        else:
            self._hand_over(self._connections.release(descriptor), data)

    # Answers out

    def _answer(self) -> int:
        """Answer everything that was taken; returns how many requests that were."""
        count = 0
        while self._batch.requests:
            batch, self._batch = self._batch, LaneBatch()
            count += len(batch.requests)
            if batch.is_quick():
                self._deliver(batch, batch.predict_now())
            else:
                task = self._loop.create_task(self._answer_later(batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
        self._connections.rearm()
        self._check_settled()
        return count

    async def _answer_later(self, batch: LaneBatch) -> None:
        self._deliver(batch, await batch.predict())
        self._answer()

    def _deliver(self, batch: LaneBatch, outcomes: list[Outcome]) -> None:
        answers, statuses = batch.answers(outcomes, self._writer, closing=self._closing)
        descriptors = batch.descriptors()
        for descriptor, content in answers:
            self._connections.send(descriptor, content)
        self._connections.settle(descriptors)
        self._metrics.lane(statuses, batch.age())
        if self._closing:
            self._part(descriptors)
        elif self._connections.partial:
            self._take_up(descriptors)

    def _take_up(self, descriptors: set[int]) -> None:
        """Go on with what was read of these connections and waited behind an answer."""
        for descriptor in descriptors & self._connections.partial.keys():
            if not self._connections.is_busy(descriptor):
                self._take(descriptor, self._connections.partial.pop(descriptor))

    # The end

    def _part(self, descriptors: set[int]) -> None:
        for descriptor in descriptors:
            if not self._connections.is_busy(descriptor):
                self._connections.drop(descriptor)

    def _check_settled(self) -> None:
        if self._closing and self._connections.is_settled():
            self._settled.set()

    def _sweep(self) -> None:
        self._connections.sweep(self._keep_alive)
        self._timer = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
