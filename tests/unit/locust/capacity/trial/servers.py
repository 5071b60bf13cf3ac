"""Servers that exist as formulas only, with a known limit."""

from __future__ import annotations

from dataclasses import dataclass, replace

from capacity.model.limits import Limits
from capacity.model.slo import MEAN_WAIT_SECONDS, Slo, offered_rate
from capacity.model.step import Step

HOLD_SECONDS = 10.0
BASE_MS = 10.0


def step_of(users: int, *, seconds: float = HOLD_SECONDS, achieved: float | None = None, p99_ms: float = 20) -> Step:
    """A step in which nothing is wrong unless said."""
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
    """Answers so many requests a second per core and lets the others wait; needs so much memory.

    Attributes:
        rate_per_core: Requests a second.
        memory_mib: What each replica needs.
    """

    rate_per_core: float
    memory_mib: float = 64

    def least_cpus(self, users: int) -> float:
        """The planted limit: where what is due is achieved."""
        return Slo().due(users, HOLD_SECONDS) / self.rate_per_core

    def least_memory_mib(self, requests: float) -> float:
        """The planted limit of memory for a trial of so many requests."""
        del requests
        return self.memory_mib

    def step(self, limits: Limits, users: int, seconds: float, requests: float) -> Step:
        """A closed loop: users wait, ask, and wait for their turn.

        Args:
            limits: What the replicas may use.
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
        queue_ms = (users / capacity - MEAN_WAIT_SECONDS) * 1000
        return replace(step, achieved=capacity, p99_ms=BASE_MS + queue_ms, throttled=step.periods)


@dataclass(frozen=True)
class FailsAboveServer(SleepingServer):
    """Refuses connections above a number of users, whatever it may use."""

    most_users: int = 10_000

    def step(self, limits: Limits, users: int, seconds: float, requests: float) -> Step:
        """As of its base, with refusals."""
        step = super().step(limits, users, seconds, requests)
        refused = max(0, users - self.most_users)
        return replace(step, failures={"connection refused": refused}) if refused else step


@dataclass(frozen=True)
class LyingServer(SleepingServer):
    """Answers what it cannot do with 503 at once: nobody waits, and the percentiles look well."""

    def least_cpus(self, users: int) -> float:
        """The planted limit: where nothing is refused."""
        return offered_rate(users) / self.rate_per_core

    def step(self, limits: Limits, users: int, seconds: float, requests: float) -> Step:
        """As of its base, without a queue."""
        step = super().step(limits, users, seconds, requests)
        refused = round((step.offered - step.achieved) * seconds)
        if refused == 0:
            return step
        return replace(step, p99_ms=BASE_MS, failures={"HTTP 503 overloaded": refused})


@dataclass(frozen=True)
class LeakingServer(SleepingServer):
    """Keeps something of every request.

    Attributes:
        leak_mib: Of a thousand requests.
    """

    leak_mib: float = 0.1

    def least_memory_mib(self, requests: float) -> float:
        """The planted limit: what it starts with and what it keeps."""
        return self.memory_mib + self.leak_mib * requests / 1000
