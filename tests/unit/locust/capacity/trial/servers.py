"""Servers that are formulas with known minima."""

from __future__ import annotations

from dataclasses import dataclass, replace

from capacity.model.limits import Limits
from capacity.model.slo import Slo, offered_rate
from capacity.model.step import Step
from load import think_time

HOLD_SECONDS = 10.0
BASE_MS = 10.0


def step_of(users: int, *, seconds: float = HOLD_SECONDS, achieved: float | None = None, p99_ms: float = 20) -> Step:
    """A step that holds unless the arguments say otherwise."""
    offered = offered_rate(users)
    return Step(
        users_planned=users,
        users_present=users,
        seconds=seconds,
        offered=offered,
        achieved=offered if achieved is None else achieved,
        p50_ms=p99_ms / 3,
        p95_ms=p99_ms / 2,
        p99_ms=p99_ms,
        max_ms=p99_ms * 2,
        failures={},
        api_cores=0.1,
        gateway_cores=0.2,
        generator_cores=0.4,
        generator_processes=1,
        api_memory_peak_mib=100,
        throttled=0,
        periods=100,
        throttled_seconds=0,
        oom_kills=0,
        deaths=0,
        machine_steal=0,
        machine_busy=0.5,
    )


@dataclass(frozen=True)
class SleepingServer:
    """Answers a number of requests per second and core, queues the others, and needs an amount of memory.

    Attributes:
        rate_per_core: Requests per second.
        memory_mib: What each replica needs.
    """

    rate_per_core: float
    memory_mib: float = 64

    def least_cpus(self, users: int) -> float:
        """The CPU with which the required rate is achieved."""
        return Slo().required_rate(users, HOLD_SECONDS) / self.rate_per_core

    def least_memory_mib(self, requests: float) -> float:
        """The memory that a trial of so many requests needs."""
        del requests
        return self.memory_mib

    def step(self, limits: Limits, users: int, seconds: float, requests: float) -> Step:
        """A step of a closed loop.

        Args:
            limits: The limits of the replicas.
            users: Users of the step.
            seconds: Its length.
            requests: Requests of the trial up to the end of this step.
        """
        needed = self.least_memory_mib(requests)
        if needed > limits.memory_mib:
            return replace(step_of(users, seconds=seconds), oom_kills=1, failures={"connection reset": users})
        step = replace(step_of(users, seconds=seconds), api_memory_peak_mib=Slo().memory_share * needed)
        capacity = self.rate_per_core * limits.total_cpus
        if capacity >= step.offered:
            return step
        queue_ms = (users / capacity - think_time.MEAN_SECONDS) * 1000
        return replace(step, achieved=capacity, p99_ms=BASE_MS + queue_ms, throttled=step.periods)


@dataclass(frozen=True)
class FailsAboveServer(SleepingServer):
    """Refuses connections above a number of users with any limits."""

    most_users: int = 10_000

    def step(self, limits: Limits, users: int, seconds: float, requests: float) -> Step:
        """A step with refusals."""
        step = super().step(limits, users, seconds, requests)
        refused = max(0, users - self.most_users)
        return replace(step, failures={"connection refused": refused}) if refused else step


@dataclass(frozen=True)
class RejectingServer(SleepingServer):
    """Answers with 503 at once when it is overloaded: the percentiles stay low."""

    def least_cpus(self, users: int) -> float:
        """The CPU with which nothing is refused."""
        return offered_rate(users) / self.rate_per_core

    def step(self, limits: Limits, users: int, seconds: float, requests: float) -> Step:
        """A step without a queue."""
        step = super().step(limits, users, seconds, requests)
        refused = round((step.offered - step.achieved) * seconds)
        if refused == 0:
            return step
        return replace(step, p99_ms=BASE_MS, failures={"HTTP 503 overloaded": refused})


@dataclass(frozen=True)
class LeakingServer(SleepingServer):
    """Keeps some memory of every request.

    Attributes:
        leak_mib: Memory that a thousand requests leave.
    """

    leak_mib: float = 0.1

    def least_memory_mib(self, requests: float) -> float:
        """The memory at the start and that of the requests."""
        return self.memory_mib + self.leak_mib * requests / 1000
