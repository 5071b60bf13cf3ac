"""Samples all counters over a time window, and makes a step of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from capacity.measure.cgroup import Counters
from capacity.measure.clock import Clock
from capacity.measure.machine_time import MachineTime
from capacity.measure.percentiles import ResponseStats
from capacity.measure.resource_counter import ResourceCounter
from capacity.model.slo import offered_rate
from capacity.model.step import Step

_SAMPLE_SECONDS: Final = 0.5
_MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class ResourceCounters:
    """The counters that are sampled.

    Attributes:
        replicas: Those of the API's replicas.
        gateway: That of the gateway; None when the users do not go through it.
        generator: That of the load generator.
    """

    replicas: tuple[ResourceCounter, ...]
    gateway: ResourceCounter | None
    generator: ResourceCounter


@dataclass(frozen=True, slots=True)
class _Sample:
    replicas: tuple[Counters, ...]
    gateway: Counters
    generator: Counters
    machine: MachineTime

    @classmethod
    def now(cls, counters: ResourceCounters, clock: Clock) -> _Sample:
        return cls(
            tuple(counter.read() for counter in counters.replicas),
            Counters(0, 0) if counters.gateway is None else counters.gateway.read(),
            counters.generator.read(),
            clock.machine_time(),
        )


@dataclass(frozen=True, slots=True)
class MeasurementWindow:
    """Samples of all counters, the first and the last at the ends of the responses.

    Attributes:
        began: Its start, in seconds since 1970.
        ended: Its end, likewise.
        samples: In order; none when the counters could not be read.
    """

    began: float
    ended: float
    samples: tuple[_Sample, ...]

    @classmethod
    def empty(cls, clock: Clock) -> MeasurementWindow:
        """A short window without samples, for when the counters cannot be read."""
        now = clock.time()
        return cls(now - _SAMPLE_SECONDS, now, ())

    @classmethod
    def measure(cls, counters: ResourceCounters, seconds: float, clock: Clock) -> MeasurementWindow:
        """Sample for so many seconds; less when a counter disappears meanwhile because its container ends."""
        began = clock.time()
        samples = []
        while True:
            try:
                samples.append(_Sample.now(counters, clock))
            except OSError:
                return cls(began, max(clock.time(), began + _SAMPLE_SECONDS), tuple(samples))
            elapsed = clock.time() - began
            if elapsed >= seconds:
                return cls(began, began + elapsed, tuple(samples))
            clock.sleep(min(_SAMPLE_SECONDS, seconds - elapsed))

    @property
    def memory_peak_mib(self) -> float:
        """Highest memory of any replica; 0 without samples."""
        return max((each.memory_bytes for sample in self.samples for each in sample.replicas), default=0) / _MIB

    def step(self, users: int, present: int, responses: ResponseStats, ends: tuple[int, int]) -> Step:
        """Combine the samples with the users' figures.

        Args:
            users: Planned number of users.
            present: Lowest number of users in the responses.
            responses: Responses that the users got.
            ends: OOM kills and exits of containers.
        """
        seconds = self.ended - self.began
        first, last = (self.samples[0], self.samples[-1]) if self.samples else (None, None)
        pairs = list(zip(first.replicas, last.replicas, strict=True)) if first and last else []
        return Step(
            users_planned=users,
            users_present=present,
            seconds=seconds,
            offered=offered_rate(users),
            achieved=responses.achieved,
            p50_ms=responses.p50_ms,
            p95_ms=responses.p95_ms,
            p99_ms=responses.p99_ms,
            max_ms=responses.max_ms,
            failures=responses.failures,
            api_cores=_cores(pairs, seconds),
            gateway_cores=_cores([(first.gateway, last.gateway)], seconds) if first and last else 0,
            generator_cores=_cores([(first.generator, last.generator)], seconds) if first and last else 0,
            generator_processes=1,
            api_memory_peak_mib=self.memory_peak_mib,
            throttled=sum(max(0, b.throttled - a.throttled) for a, b in pairs),
            periods=sum(max(0, b.periods - a.periods) for a, b in pairs),
            throttled_seconds=sum(max(0.0, b.throttled_seconds - a.throttled_seconds) for a, b in pairs),
            oom_kills=ends[0],
            deaths=ends[1],
            machine_steal=last.machine.stolen_since(first.machine) if first and last else 0,
            machine_busy=last.machine.busy_since(first.machine) if first and last else 0,
        )


def _cores(pairs: Sequence[tuple[Counters, Counters]], seconds: float) -> float:
    # The counters of a container that was restarted in the window start at 0 again.
    return sum(max(0.0, after.cpu_seconds - before.cpu_seconds) for before, after in pairs) / seconds
