"""A subject that keeps a record of what is done to it."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from capacity.measure.resource_counter import ProcessCounter
from capacity.model.limits import Limits
from capacity.target.interface import NotReadyError


@dataclass
class RecordedSubject:
    """This process, with limits that are only written down.

    Attributes:
        least_memory_mib: With less it does not start.
        deaths: How often it is said to have ended in each look.
        done: What was done to it.
    """

    least_memory_mib: int = 0
    deaths: int = 0
    done: list[str] = field(default_factory=list)

    @property
    def replica_count(self) -> int:
        """Always one."""
        return 1

    def borrowed(self) -> AbstractContextManager[None]:
        """Nothing is changed."""
        return nullcontext()

    def have(self, count: int) -> None:
        """One is enough."""
        assert count == 1

    def limit(self, limits: Limits) -> bool:
        """Write it down."""
        self.done.append(f"limit {limits.cpus:g} {limits.memory_mib}")
        self._start(limits)
        return False

    def restart(self, limits: Limits) -> None:
        """Write it down."""
        self.done.append(f"restart {limits.cpus:g} {limits.memory_mib}")
        self._start(limits)

    def await_ready(self) -> None:
        """It is."""

    def look(self) -> None:
        """It stays."""

    def ends(self, began: float, ended: float) -> tuple[int, int]:
        """As planned."""
        assert began < ended
        return 0, self.deaths

    def replica_meters(self) -> tuple[ProcessCounter, ...]:
        """This process."""
        return (ProcessCounter(os.getpid()),)

    def gateway_meter(self) -> None:
        """None."""

    def _start(self, limits: Limits) -> None:
        if limits.memory_mib < self.least_memory_mib:
            raise NotReadyError("it ended while it started", ooms=2)
