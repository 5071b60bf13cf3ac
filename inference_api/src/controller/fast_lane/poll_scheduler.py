"""When the fast lane looks at its connections: as soon as something is there, or after a rest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic

from src.controller.fast_lane.batching_delay import NO_REST, BatchingDelay, Rest


class PollScheduler:
    """Alternates looks and rests. A look gathers requests and answers them; half way through a rest it only gathers."""

    def __init__(self, epoll: int, gather: Callable[[], int], answer: Callable[[], int], rests: BatchingDelay) -> None:
        """Watch the epoll; call inside the running loop.

        Args:
            epoll: Its descriptor, readable when a connection has something.
            gather: Reads what is there; returns how many requests that brought.
            answer: Answers what was gathered; returns how many requests that were.
            rests: Chooses the rests.
        """
        self._epoll = epoll
        self._gather, self._answer, self._rests = gather, answer, rests
        self._loop = asyncio.get_running_loop()
        self._collected_at = monotonic()
        self._watching = False
        self._timer: asyncio.TimerHandle | None = None
        self._hurried = False
        self._watch()

    def hurry(self) -> None:
        """Look now, and rest no more."""
        self._hurried = True
        self._cancel()
        self._look()

    def stop(self) -> None:
        """Look no more."""
        self._cancel()
        self._unwatch()

    def _watch(self) -> None:
        if not self._watching:
            self._watching = True
            self._loop.add_reader(self._epoll, self._look)

    def _unwatch(self) -> None:
        if self._watching:
            self._watching = False
            self._loop.remove_reader(self._epoll)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        rest = NO_REST
        try:
            self._collect()
            rest = self._rests.after(self._answer())
        finally:  # whatever went wrong with one request, the connections are looked at again
            self._rest(rest)

    def _collect(self) -> int:
        found = self._gather()
        self._collected_at = monotonic()
        return found

    def _rest(self, rest: Rest) -> None:
        self._timer = None
        if self._hurried or not rest.seconds:
            self._watch()
            return
        self._unwatch()
        if rest.halves:
            half = rest.seconds / 2
            self._collect()  # what came while the last requests were answered belongs to neither half
            self._timer = self._loop.call_later(half, self._look_half_way, half)
        else:
            self._timer = self._loop.call_later(rest.seconds, self._look)

    def _look_half_way(self, half: float) -> None:
        found, start = 0, self._collected_at
        try:
            found = self._collect()
        finally:
            self._timer = self._loop.call_later(half, self._look_at_the_end, found, self._collected_at - start)

    def _look_at_the_end(self, first: int, first_seconds: float) -> None:
        rest, middle = NO_REST, self._collected_at
        try:
            second = self._collect()
            self._rests.judge(first, first_seconds, second, self._collected_at - middle)
            rest = self._rests.after(self._answer())
        finally:
            self._rest(rest)
