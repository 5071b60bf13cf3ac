"""A target that records the calls of its methods."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from capacity.model.limits import Limits
from capacity.target.interface import ReplicaNotReadyError
from tests.unit.locust.capacity.generator.steady_generator import FixedCounter


@dataclass
class RecordedTarget:
    """A replica that uses 100 MiB, with limits that are only recorded.

    Attributes:
        least_memory_mib: Memory that it needs to start.
        exits: Exits that it reports for each time window.
        calls: The recorded calls.
    """

    least_memory_mib: int = 0
    exits: int = 0
    calls: list[str] = field(default_factory=list)

    @property
    def replica_count(self) -> int:
        """Always one."""
        return 1

    def restored_on_exit(self) -> AbstractContextManager[None]:
        """Do nothing."""
        return nullcontext()

    def scale(self, count: int) -> None:
        """Accept one replica."""
        assert count == 1

    def limit(self, limits: Limits) -> bool:
        """Record the call."""
        self.calls.append(f"limit {limits.cpus:g} {limits.memory_mib}")
        self._start(limits)
        return False

    def restart(self, limits: Limits) -> None:
        """Record the call."""
        self.calls.append(f"restart {limits.cpus:g} {limits.memory_mib}")
        self._start(limits)

    def await_ready(self) -> None:
        """Return at once."""

    def refresh(self) -> None:
        """Do nothing."""

    def ooms_and_exits(self, began: float, ended: float) -> tuple[int, int]:
        """Report no OOM kill and the set exits."""
        assert began < ended
        return 0, self.exits

    def replica_counters(self) -> tuple[FixedCounter, ...]:
        """The counter of the replica."""
        return (FixedCounter(),)

    def gateway_counter(self) -> None:
        """None."""

    def _start(self, limits: Limits) -> None:
        if limits.memory_mib < self.least_memory_mib:
            raise ReplicaNotReadyError("it ended while it started", oom_kills=2)
