"""The clock of a measurement, which tests replace by one that does not wait."""

from __future__ import annotations

import time
from typing import Final, Protocol

from capacity.measure.machine_time import MachineTime


class Clock(Protocol):
    """Reads times and waits."""

    def time(self) -> float:
        """Seconds since 1970, as in the records of the load generator."""

    def monotonic(self) -> float:
        """Seconds of a clock that is never set."""

    def sleep(self, seconds: float) -> None:
        """Wait."""

    def machine_time(self) -> MachineTime:
        """The CPU time of the machine."""


class SystemClock:
    """The clock of this machine."""

    def time(self) -> float:
        """Seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds of the system's monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def machine_time(self) -> MachineTime:
        """The CPU time of the machine from the kernel."""
        return MachineTime.now()


SYSTEM_CLOCK: Final = SystemClock()
