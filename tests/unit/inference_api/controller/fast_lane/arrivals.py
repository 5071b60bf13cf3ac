"""Recorded arrivals, and arrivals that depend on responses, for the batching delay in simulated time."""

import heapq
import random
from dataclasses import dataclass, field
from itertools import pairwise

from src.controller.fast_lane.batching_delay import BatchingDelay

LOOK_SECONDS = 0.00009
REQUEST_SECONDS = 0.000017


def independent_users(rate: float, seconds: float, seed: int = 1) -> list[float]:
    """Times of the requests of users who do not wait for each other: a Poisson process."""
    source = random.Random(seed)
    times, now = [], 0.0
    while (now := now + source.expovariate(rate)) < seconds:
        times.append(now)
    return times


def in_bursts(times: list[float], longest_seconds: float, seed: int = 1) -> list[float]:
    """The same on a machine that stalls: all requests of an interval are sent at its end."""
    source = random.Random(seed)
    sent, end = [], 0.0
    for time in sorted(times):
        while end < time:
            end += source.uniform(0, longest_seconds)
        sent.append(end)
    return sent


@dataclass
class Clients:
    """Clients that send their next request only after an answer, all served by one processor of the client's machine.

    Attributes:
        count: How many.
        turn_seconds: What that processor needs for an answer and the next request.
    """

    count: int
    turn_seconds: float
    _free_at: float = 0.0

    def first(self) -> list[float]:
        """When each sends its first request."""
        return [number * self.turn_seconds for number in range(self.count)]

    def next_after(self, answered_at: float) -> float:
        """When the next request of an answered client arrives."""
        self._free_at = max(self._free_at, answered_at) + self.turn_seconds
        return self._free_at


@dataclass
class ThinkingClients(Clients):
    """Clients of many machines that pause for a while, a fifth more or less, between an answer and their next request.

    Attributes:
        source: Draws the pauses.
    """

    source: random.Random = field(default_factory=lambda: random.Random(1))

    def next_after(self, answered_at: float) -> float:
        """When the next request of an answered client arrives."""
        return answered_at + self.turn_seconds * self.source.uniform(0.8, 1.2)


@dataclass
class Player:
    """Polls and waits as the lane does.

    Attributes:
        frozen: Spans in which the process stands still, as under a CPU quota.
        polls: How many there were.
        answered: For each request its arrival and the time of its answer.
        delayed: Seconds spent in delays.
        lengths: The delay after each poll.
    """

    longest: float
    clients: Clients | None = None
    frozen: float = 0.0
    now: float = 0.0
    polls: int = 0
    delayed: float = 0.0
    answered: list[tuple[float, float]] = field(default_factory=list)
    lengths: list[tuple[float, float]] = field(default_factory=list)

    def play(self, arrivals: list[float], seconds: float) -> "Player":
        """Play until that time, or until nothing more comes."""
        rule = BatchingDelay(self.longest, lambda: self.now)
        coming = sorted(arrivals)
        while coming and self.now < seconds:
            self.now = max(self.now, coming[0])
            waiting = self._gather(coming)
            delay = rule.after(self._answer(waiting, coming))
            while delay.seconds and self.now < seconds:
                if delay.is_measured:
                    there = self._gather(coming)
                    first, first_seconds = self._delay(delay.seconds / 2, coming)
                    second, second_seconds = self._delay(delay.seconds / 2, coming)
                    rule.measured(len(first), first_seconds, len(second), second_seconds)
                    waiting = there + first + second
                else:
                    waiting, _seconds = self._delay(delay.seconds, coming)
                delay = rule.after(self._answer(waiting, coming))
                self.lengths.append((self.now, rule.seconds))
        return self

    def throughput(self) -> float:
        """Requests answered a second."""
        return len(self.answered) / self.now

    def waits(self) -> list[float]:
        """Seconds from arrival to answer, sorted."""
        return sorted(answer - arrival for arrival, answer in self.answered)

    def pauses(self) -> list[float]:
        """Seconds between one answer and the next, sorted."""
        return sorted(later - sooner for (_a, sooner), (_b, later) in pairwise(self.answered))

    def _delay(self, seconds: float, coming: list[float]) -> tuple[list[float], float]:
        start = self.now
        self.now += seconds
        self.delayed += seconds
        if self.frozen and self.now % 0.1 < self.frozen:  # the quota's period has 100 ms
            self.now += self.frozen - self.now % 0.1
        return self._gather(coming), self.now - start

    def _gather(self, coming: list[float]) -> list[float]:
        found = []
        while coming and coming[0] <= self.now:
            found.append(heapq.heappop(coming))
        return found

    def _answer(self, waiting: list[float], coming: list[float]) -> int:
        self.polls += 1
        self.now += LOOK_SECONDS
        for arrival in waiting:
            self.now += REQUEST_SECONDS
            self.answered.append((arrival, self.now))
            if self.clients:
                heapq.heappush(coming, self.clients.next_after(self.now))
        return len(waiting)
