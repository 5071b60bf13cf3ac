"""Sends the plans of many connections, several at once, and sums up what came."""

import asyncio
import itertools
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from protocol_bodies import ProtocolBodies
from wire import Client

from fuzzing.client import Door, FuzzClient, Seen, WrongResponseError
from fuzzing.exchange import Exchange, Plan
from fuzzing.heads import plain
from fuzzing.plans import Known, Plans, known_bodies

REQUESTS: Final = "FUZZ_REQUESTS"
SEED: Final = "FUZZ_SEED"
CONNECTIONS: Final = 24
_MAX_FAILURES: Final = 20
_MAX_SHOWN: Final = 3000
_SLICES: Final = 10


def requests_wanted(default: int) -> int:
    """How many requests to send: FUZZ_REQUESTS, or as many as fit into the tests of every change."""
    return int(os.environ.get(REQUESTS, default))


def seed() -> int:
    """What determines the requests: FUZZ_SEED, or the same for every run."""
    return int(os.environ.get(SEED, "1"))


@dataclass
class Summary:
    """What came of all requests.

    Attributes:
        requests: How many were sent and have an outcome.
        outcomes: Counts by path, kind and status; 0 for the end of the connection, or for nothing in time after a
            request without a certain end.
        slowest: The longest time until a response to a request with a certain end, and its request.
        failures: Descriptions of what is wrong.
        memory: Of the server in MiB, after each tenth of the requests.
        seconds: How long it took.
    """

    requests: int = 0
    outcomes: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    slowest: tuple[float, Exchange | None] = (0.0, None)
    failures: list[str] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, seen: list[Seen]) -> None:
        """Count what one connection saw."""
        for one in seen:
            self.requests += 1
            self.outcomes[one.exchange.path, one.exchange.kind, one.status] += 1
            if one.exchange.is_framed and one.seconds > self.slowest[0]:
                self.slowest = one.seconds, one.exchange

    def table(self) -> str:
        """Counts by path and status class, and by kind and status, as lines of text."""
        by_path: Counter[tuple[str, str]] = Counter()
        by_kind: Counter[tuple[str, int]] = Counter()
        for (path, kind, status), count in self.outcomes.items():
            by_path[path, f"{status // 100}xx" if status else "none"] += count
            by_kind[kind, status] += count
        lines = [f"{path:50} {outcome:>5} {count:8}" for (path, outcome), count in sorted(by_path.items())]
        lines += [f"{kind:50} {status or 'none':>5} {count:8}" for (kind, status), count in sorted(by_kind.items())]
        seconds, exchange = self.slowest
        shown = "" if exchange is None else f" ({exchange.kind}, {exchange.path}, {len(exchange.content)} bytes)"
        memory = ", ".join(f"{value:.1f}" for value in self.memory)
        lines.append(f"{self.requests} requests in {self.seconds:.0f} s; slowest {seconds:.3f} s{shown}; MiB: {memory}")
        return "\n".join(lines)


def ask_known(door: Door, model: ProtocolBodies, key_line: bytes | None = None) -> list[Known]:
    """Ask for the responses to valid requests, each alone."""
    found = []
    with Client(f"http://{door.host}:{door.port}") as client:
        for body in known_bodies(model):
            client.send(plain(body, () if key_line is None else (key_line,)).content())
            answer = client.answer()
            assert answer is not None, body
            assert answer.status == 200, (body, answer)
            found.append(Known(body, answer.status, answer.body))
    return found


async def send_requests(door: Door, plans: Plans, count: int, memory: Callable[[], float]) -> Summary:
    """Carry out plans until so many requests were sent; each tenth is told on standard error, which pytest -s shows.

    Args:
        door: The server.
        plans: Of the connections.
        count: The number of requests.
        memory: The server's memory of the moment, in MiB.
    """
    summary, numbers, start = Summary(), itertools.count(), time.monotonic()

    async def work() -> None:
        while summary.requests < count and len(summary.failures) < _MAX_FAILURES:
            plan = plans.plan(next(numbers))
            client = FuzzClient(door, plan)
            try:
                await client.run()
            except (WrongResponseError, OSError, TimeoutError) as error:
                summary.failures.append(_described(plan, client.seen, error))
            summary.add(client.seen)
            if summary.requests * _SLICES >= count * (len(summary.memory) + 1):
                summary.memory.append(memory())
                summary.seconds = time.monotonic() - start
                sys.stderr.write(f"\n{summary.table()}\n{len(summary.failures)} failures\n")

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    summary.seconds = time.monotonic() - start
    return summary


def _described(plan: Plan, seen: list[Seen], error: Exception) -> str:
    way = "in turn" if plan.in_turn else "pipelined"
    before = "".join(f"\n  {one.status} for {one.exchange}"[:_MAX_SHOWN] for one in seen)
    told = f"connection {plan.number} ({way}, {len(plan.exchanges)} requests, {plan.ending}): {error!r}"[:_MAX_SHOWN]
    return f"{told}{before}"
