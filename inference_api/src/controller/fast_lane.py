"""The fast lane: one edge-triggered epoll answers plain `POST /predict`; every other request goes to uvicorn.

A service that answers 10,000 users from a tenth of a core cannot afford a transport, a protocol, a parser and a timer
for each of them. Here an idle connection is one dictionary entry; one wake-up reads what is there on all of them, one
model call answers it. What is not a plain keep-alive `POST /predict` is handed, with the bytes already read, to
uvicorn's own protocol, for good: the lane has no HTTP of its own.

Order: the answers of a connection leave in the order of its requests. While one is owed by a model that works beside
the loop, or a client does not take its answers, nothing more is read from that connection: the kernel's buffers are
the back-pressure.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from src.controller.heads import Head, HeadCache, may_be_head
from src.controller.lane_answer import AnswerWriter, DefaultHeaders
from src.controller.lane_batch import LaneBatch
from src.controller.rhythm import Rhythm
from src.service.metrics import Metrics
from src.service.model import Outcome
from src.service.rests import Rests
from src.service.watcher import Serving
from src.settings import Settings

HandOver = Callable[[socket.socket, bytes], None]
"""Gives a connection, with what was read from it, to uvicorn."""

_READ: Final = select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET
_WRITE: Final = select.EPOLLOUT
_HUNG_UP: Final = select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR
_DEAD: Final = select.EPOLLHUP | select.EPOLLERR
_READ_BYTES: Final = 4096
_MORE_BYTES: Final = 65_536
_MAX_EVENTS: Final = 1024
_SWEEP_SECONDS: Final = 1.0


class FastLane:
    """The connections of one process, until one needs uvicorn."""

    def __init__(
        self,
        serving: Serving,
        metrics: Metrics,
        settings: Settings,
        default_headers: Callable[[], DefaultHeaders],
        hand_over: HandOver,
    ) -> None:
        """Open the epoll; call inside the running loop.

        Args:
            serving: Which model answers.
            metrics: Where answers are counted.
            settings: Limits, the longest rest, the idle time of a connection.
            default_headers: uvicorn's headers of the moment.
            hand_over: Takes every connection that is not the lane's.
        """
        self._serving, self._metrics, self._hand_over = serving, metrics, hand_over
        self._keep_alive = settings.keep_alive_seconds
        self._heads = HeadCache(settings.max_body_bytes)
        self._writer = AnswerWriter(default_headers)
        self._loop = asyncio.get_running_loop()
        self._epoll = select.epoll()
        self._seen: dict[int, int] = {}  # descriptor -> second of its last bytes: all there is of an idle connection
        self._partial: dict[int, bytes] = {}  # read, but unfinished, or behind an answer that is owed
        self._unsent: dict[int, bytes] = {}  # the client has not taken it yet
        self._owed: set[int] = set()  # a model beside the loop works for them
        self._gone: set[int] = set()  # ended while an answer is owed: the number must not be used again before
        self._stuck: list[int] = []  # their next request is not the lane's, but an answer comes first
        self._again: list[int] = []  # there may be more than was read, and the edge is used up
        self._batch = LaneBatch()
        self._taken = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._second = 0
        self._closing = False
        self._settled = asyncio.Event()
        rests = Rests(settings.longest_rest_ms / 1000)
        self._rhythm = Rhythm(self._epoll.fileno(), self._gather, self._answer, rests)
        self._timer = self._loop.call_later(_SWEEP_SECONDS, self._sweep)

    def __len__(self) -> int:
        """Open connections."""
        return len(self._seen)

    def add(self, connection: socket.socket) -> None:
        """Take a new connection."""
        descriptor = connection.detach()
        self._seen[descriptor] = self._second
        self._epoll.register(descriptor, _READ)

    async def close(self, limit_seconds: float) -> None:
        """Answer what has arrived, telling its clients that the connection ends, and close everything.

        Args:
            limit_seconds: How long to wait for a model that works, and for clients to take their answers.
        """
        self._closing = True
        self._rhythm.hurry()
        self._settle()
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_seconds):
                await self._settled.wait()
        self._timer.cancel()
        self._rhythm.stop()
        for descriptor in list(self._seen):
            self._drop(descriptor)
        self._epoll.close()

    def _settle(self) -> None:
        if self._closing and not self._owed and not self._unsent:
            self._settled.set()

    # Requests in

    def _gather(self) -> int:
        """Read every connection that has something; returns how many requests that brought."""
        if self._batch.requests and self._batch.batcher is not self._serving.batcher:
            self._answer()  # by the model that validated them
        before = self._taken
        while True:
            events = self._epoll.poll(0, _MAX_EVENTS)
            for descriptor, event in events:
                self._serve(descriptor, event)
            if len(events) < _MAX_EVENTS:
                return self._taken - before

    def _serve(self, descriptor: int, event: int) -> None:
        if descriptor in self._owed or descriptor in self._unsent:
            if event & _DEAD:
                self._drop(descriptor)
            elif event & _WRITE and descriptor in self._unsent:
                self._seen[descriptor] = self._second
                self._send(descriptor, self._unsent.pop(descriptor))
                self._continue(descriptor)
            self._settle()
            return
        data = self._read(descriptor, event)
        if data:
            self._seen[descriptor] = self._second
            self._take(descriptor, data)

    def _read(self, descriptor: int, event: int) -> bytes:
        try:
            data = os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            self._drop(descriptor)
            return b""
        if not data:
            self._end(descriptor)
        elif len(data) == _READ_BYTES or event & _HUNG_UP:
            data += self._read_on(descriptor)
        return data

    def _read_on(self, descriptor: int) -> bytes:
        try:
            more = os.read(descriptor, _MORE_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            more = b""
        self._again.append(descriptor)
        return more

    def _end(self, descriptor: int) -> None:
        """The client sends no more; what it asked is answered first."""
        if self._batch.holds(descriptor):
            self._again.append(descriptor)
        else:
            self._drop(descriptor)

    def _take(self, descriptor: int, data: bytes) -> None:
        """Take every whole request from what was read; keep or hand over the rest."""
        data = self._partial.pop(descriptor, b"") + data
        start = 0
        while start < len(data):
            blank = data.find(b"\r\n\r\n", start)
            end = blank + 4
            head = self._heads.read(data[start:end]) if blank >= 0 else None
            if head is None:
                self._keep(descriptor, data[start:], is_ours=blank < 0 and may_be_head(data[start:]))
                return
            stop = end + head.body_length
            if stop > len(data):
                self._partial[descriptor] = data[start:]
                return
            self._accept(descriptor, head, data[end:stop])
            start = stop

    def _keep(self, descriptor: int, data: bytes, *, is_ours: bool) -> None:
        if is_ours:
            self._partial[descriptor] = data
        elif self._batch.holds(descriptor):
            self._partial[descriptor] = data
            self._stuck.append(descriptor)
        else:
            self._epoll.unregister(descriptor)
            del self._seen[descriptor]
            self._hand_over(socket.socket(fileno=descriptor), data)

    def _accept(self, descriptor: int, head: Head, body: bytes) -> None:
        self._taken += 1
        if not self._batch.requests:
            self._batch = LaneBatch(self._serving.batcher)
        self._batch.add(descriptor, head.request_id, body, self._serving)

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
                self._owed.update(batch.descriptors())
                task = self._loop.create_task(self._answer_later(batch))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            stuck, self._stuck = self._stuck, []
            for descriptor in stuck:
                self._continue(descriptor)
        again, self._again = self._again, []
        for descriptor in again:
            self._arm(descriptor)
        return count

    async def _answer_later(self, batch: LaneBatch) -> None:
        outcomes = await batch.predict()
        descriptors = batch.descriptors()
        self._owed -= descriptors
        self._deliver(batch, outcomes)
        for descriptor in descriptors:
            self._continue(descriptor)
        self._answer()

    def _deliver(self, batch: LaneBatch, outcomes: list[Outcome]) -> None:
        answers, statuses = batch.answers(outcomes, self._writer, closing=self._closing)
        for descriptor, content in answers:
            self._send(descriptor, content)
        self._metrics.lane(statuses, batch.age())
        if self._gone or self._closing:
            for descriptor in batch.descriptors():
                self._part(descriptor)
            self._settle()

    def _part(self, descriptor: int) -> None:
        """Close a connection that ended while its answer was owed, or whose client was told that it ends."""
        if descriptor in self._gone:
            self._gone.discard(descriptor)
            os.close(descriptor)
        elif self._closing and descriptor not in self._unsent:
            self._drop(descriptor)

    def _send(self, descriptor: int, content: bytes) -> None:
        if descriptor not in self._seen:
            return
        if descriptor in self._unsent:
            self._unsent[descriptor] += content
            return
        try:
            sent = os.write(descriptor, content)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(descriptor)
            return
        if sent < len(content):
            self._unsent[descriptor] = content[sent:]
            self._epoll.modify(descriptor, _READ | _WRITE)

    def _continue(self, descriptor: int) -> None:
        """An answer is out: go on with what waits behind it."""
        if self._is_held(descriptor):
            return
        if self._closing:
            self._drop(descriptor)
        elif descriptor in self._partial:
            self._take(descriptor, b"")
        self._arm(descriptor)

    def _arm(self, descriptor: int) -> None:
        if not self._is_held(descriptor):
            self._epoll.modify(descriptor, _READ)

    def _is_held(self, descriptor: int) -> bool:
        return descriptor not in self._seen or descriptor in self._owed or descriptor in self._unsent

    # The end of a connection

    def _drop(self, descriptor: int) -> None:
        if self._seen.pop(descriptor, None) is None:
            return
        self._partial.pop(descriptor, None)
        self._unsent.pop(descriptor, None)
        if descriptor in self._owed or self._batch.holds(descriptor):
            self._epoll.unregister(descriptor)
            self._gone.add(descriptor)
        else:
            os.close(descriptor)

    def _sweep(self) -> None:
        """Close what has been silent for too long: one pass a second instead of a timer a connection."""
        self._second += 1
        limit = self._second - self._keep_alive
        for descriptor in [one for one, second in self._seen.items() if second < limit and one not in self._owed]:
            self._drop(descriptor)
        self._timer = self._loop.call_later(_SWEEP_SECONDS, self._sweep)
