"""One run: limits set, users sent, counters read while all of them are there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.console import say
from benchmarks.errors import BenchmarkError
from benchmarks.users.cgroup import Cgroup, Counters
from benchmarks.users.crowd import Staircase, crowd
from benchmarks.users.docker import Container
from benchmarks.users.run import UsersRun

MEAN_WAIT_SECONDS = 1.75
"""Users wait from 1 to 2.5 s between two requests."""
_LOOK_SECONDS = 0.5
# The last moments belong to users who leave: Locust takes half a second to stop ten thousand.
_MARGIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Stack:
    """The containers of a run.

    Attributes:
        apis: The replicas.
        gateway: Their gateway.
    """

    apis: Sequence[Container]
    gateway: Container

    def host(self, via: str) -> str:
        """Where the users go."""
        return f"http://{self.gateway.name if via == 'gateway' else self.apis[0].name}:8000"

    def require_unharmed(self) -> None:
        """Raise when a replica or the gateway was restarted, as after it ran out of memory."""
        for before in (*self.apis, self.gateway):
            if Container.look(before.id).started != before.started:
                raise BenchmarkError(f"{before.name} died under load and was restarted")


@dataclass(frozen=True, slots=True)
class Window:
    """What a group of containers took between two looks.

    Attributes:
        cores: CPU seconds a second.
        memory: Bytes in the end.
        peak: The most bytes of all looks.
        throttled: Periods in which the quota stopped one.
        periods: All periods.
    """

    cores: float
    memory: int
    peak: int
    throttled: int
    periods: int

    @classmethod
    def between(cls, looks: Sequence[Sequence[Counters]], seconds: float) -> Window:
        """Sum up looks at the same containers, the first and the last of them `seconds` apart."""
        first, last = looks[0], looks[-1]
        totals = [sum(counters.memory_bytes for counters in look) for look in looks]
        return cls(
            cores=sum(b.cpu_seconds - a.cpu_seconds for a, b in zip(first, last, strict=True)) / seconds,
            memory=totals[-1],
            peak=max(totals),
            throttled=sum(b.throttled - a.throttled for a, b in zip(first, last, strict=True)),
            periods=sum(b.periods - a.periods for a, b in zip(first, last, strict=True)),
        )


def trial(stack: Stack, staircase: Staircase, via: str, cpus: float, memory: int) -> UsersRun:
    """Run once under these limits.

    Raises:
        BenchmarkError: When it cannot be measured, or a container dies.
    """
    for api in stack.apis:
        api.limit(cpus, memory, memory)
    with crowd(staircase, stack.host(via), stack.gateway.network) as users:
        say(f"{staircase.users} users are on their way, the last in {staircase.ramp_seconds:.0f} s")
        groups = [
            [Cgroup.of_process(container.pid) for container in containers]
            for containers in (stack.apis, [stack.gateway], [users.container])
        ]
        users.await_all()
        say("all users are there")
        # What the arrivals left behind, such as a last handshake that was repeated, is no part of the hold.
        time.sleep(_MARGIN_SECONDS)
        began, wall = time.monotonic(), time.time()
        window = staircase.hold_seconds - 2 * _MARGIN_SECONDS
        looks: list[list[list[Counters]]] = []
        while True:
            looks.append([[group.read() for group in side] for side in groups])
            elapsed = time.monotonic() - began
            if elapsed >= window:
                break
            time.sleep(min(_LOOK_SECONDS, window - elapsed))
        used, gateway, locust = (Window.between([look[side] for look in looks], elapsed) for side in range(3))
        seen = users.await_end(wall, wall + elapsed)
    stack.require_unharmed()
    return UsersRun(
        day=datetime.now(UTC).isoformat(timespec="seconds"),
        via=via,
        users=staircase.users,
        cpus=cpus,
        memory_mib=memory / 2**20,
        seconds=round(elapsed, 1),
        offered=staircase.users / MEAN_WAIT_SECONDS,
        rate=seen.rate,
        failures=seen.failures,
        p50_ms=seen.p50_ms,
        p95_ms=seen.p95_ms,
        p99_ms=seen.p99_ms,
        api_cores=used.cores,
        gateway_cores=gateway.cores,
        locust_cores=locust.cores,
        memory_used_mib=used.memory / 2**20,
        memory_peak_mib=used.peak / 2**20,
        throttled=used.throttled,
        periods=used.periods,
    )
