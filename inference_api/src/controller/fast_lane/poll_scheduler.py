"""When the fast lane polls its connections: as soon as one has something, or after a delay in which requests gather."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from src.controller.fast_lane.batching_delay import NO_DELAY, BatchingDelay, Delay


class PollScheduler:
    """Alternates polls and delays. A poll reads requests and answers them; one in the middle of a delay only reads."""

    def __init__(self, epoll: int, read: Callable[[], int], answer: Callable[[], int], delay: BatchingDelay) -> None:
        """Watch the epoll; call inside the running loop.

        Args:
            epoll: Its descriptor, readable when a connection has something.
            read: Reads what is there; returns how many requests that brought.
            answer: Answers what was read; returns how many requests that were.
            delay: Chooses the delays.
        """
        self._epoll = epoll
        self._read, self._answer, self._delay = read, answer, delay
        self._loop = asyncio.get_running_loop()
        self._read_at = monotonic()
        self._watching = False
        self._timer: asyncio.TimerHandle | None = None
        self._has_delays = True
        self._watch()

    def poll_without_delay(self) -> None:
        """Poll now, and from now on whenever a connection has something."""
        self._has_delays = False
        self._cancel()
        self._poll()

    def stop(self) -> None:
        """Poll no more."""
        self._cancel()
        self._unwatch()

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            self._loop.add_reader(self._epoll, self._poll)

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._epoll)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _poll(self) -> None:
        delay = NO_DELAY
        try:
            self._read_now()
            delay = self._delay.after(self._answer())
        finally:  # whatever went wrong with one request, the connections are polled again
            self._wait(delay)

    def _read_now(self) -> int:
        count = self._read()
        self._read_at = monotonic()
        return count

    def _wait(self, delay: Delay) -> None:
        self._timer = None
        if not self._has_delays or not delay.seconds:
            self._watch()
            return
        self._unwatch()
        if delay.is_measured:
            half = delay.seconds / 2
            self._read_now()  # what came while the last requests were answered belongs to neither half
            self._timer = self._loop.call_later(half, self._poll_in_the_middle, half)
        else:
            self._timer = self._loop.call_later(delay.seconds, self._poll)

    def _poll_in_the_middle(self, half: float) -> None:
        count, start = 0, self._read_at
        try:
            count = self._read_now()
        finally:
            self._timer = self._loop.call_later(half, self._poll_at_the_end, count, self._read_at - start)

    def _poll_at_the_end(self, first: int, first_seconds: float) -> None:
        delay, middle = NO_DELAY, self._read_at
        try:
            second = self._read_now()
            self._delay.measured(first, first_seconds, second, self._read_at - middle)
            delay = self._delay.after(self._answer())
        finally:
            self._wait(delay)
