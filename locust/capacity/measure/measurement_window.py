"""A survey: everything that is counted between two moments, made into a step."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from capacity.measure.cgroup import Counters
from capacity.measure.machine_time import MachineTime
from capacity.measure.percentiles import Window
from capacity.measure.resource_counter import ResourceCounter
from capacity.model.slo import offered_rate
from capacity.model.step import Step

_LOOK_SECONDS: Final = 0.5
_MIB: Final = 2**20


@dataclass(frozen=True, slots=True)
class Groups:
    """Whose counters are read.

    Attributes:
        replicas: The API's.
        gateway: The gateway's; None when the users do not go through it.
        generator: The load generator's.
    """

    replicas: tuple[ResourceCounter, ...]
    gateway: ResourceCounter | None
    generator: ResourceCounter


@dataclass(frozen=True, slots=True)
class _Look:
    replicas: tuple[Counters, ...]
    gateway: Counters
    generator: Counters
    machine: MachineTime

    @classmethod
    def now(cls, groups: Groups) -> _Look:
        return cls(
            tuple(group.read() for group in groups.replicas),
            Counters(0, 0) if groups.gateway is None else groups.gateway.read(),
            groups.generator.read(),
            MachineTime.now(),
        )


@dataclass(frozen=True, slots=True)
class MeasurementWindow:
    """Looks at all counters, the first and the last of them at its ends.

    Attributes:
        began: When, in seconds since 1970.
        ended: When.
        looks: In order.
    """

    began: float
    ended: float
    looks: tuple[_Look, ...]

    @classmethod
    def of_nothing(cls) -> MeasurementWindow:
        """Of a moment in which nothing could be counted."""
        now = time.time()
        return cls(now - _LOOK_SECONDS, now, ())

    @classmethod
    def make(cls, groups: Groups, seconds: float) -> MeasurementWindow:
        """Look for so long; less when a group vanishes meanwhile, as that of a container that ends."""
        began = time.time()
        looks = []
        while True:
            try:
                looks.append(_Look.now(groups))
            except OSError:
                return cls(began, max(time.time(), began + _LOOK_SECONDS), tuple(looks))
            elapsed = time.time() - began
            if elapsed >= seconds:
                return cls(began, began + elapsed, tuple(looks))
            time.sleep(min(_LOOK_SECONDS, seconds - elapsed))

    @property
    def memory_peak_mib(self) -> float:
        """The most memory of any replica; 0 when nothing could be counted."""
        return max((each.memory_bytes for look in self.looks for each in look.replicas), default=0) / _MIB

    def step(self, users: int, present: int, window: Window, ends: tuple[int, int]) -> Step:
        """Add what the users saw.

        Args:
            users: How many there should be.
            present: The fewest that were there.
            window: What they saw.
            ends: How often containers ran out of memory, and how often they ended.
        """
        seconds = self.ended - self.began
        first, last = (self.looks[0], self.looks[-1]) if self.looks else (None, None)
        pairs = list(zip(first.replicas, last.replicas, strict=True)) if first and last else []
        return Step(
            users_planned=users,
            users_present=present,
            seconds=seconds,
            offered=offered_rate(users),
            achieved=window.achieved,
            p50_ms=window.p50_ms,
            p95_ms=window.p95_ms,
            p99_ms=window.p99_ms,
            max_ms=window.max_ms,
            failures=window.failures,
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
    # A container that was restarted in between counts from 0 again.
    return sum(max(0.0, after.cpu_seconds - before.cpu_seconds) for before, after in pairs) / seconds
