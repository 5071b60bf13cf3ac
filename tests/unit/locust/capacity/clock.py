"""A clock whose time passes only when a test or the tested code waits."""

from __future__ import annotations

from collections.abc import Callable

from capacity.measure.machine_time import MachineTime

_TICK_SECONDS = 0.05


class ManualClock:
    """Starts on 9 September 2001, on a machine that is half busy.

    Attributes:
        listeners: Called after each twentieth of a second, so that load generators and counters can go on.
    """

    def __init__(self) -> None:
        """Start without listeners."""
        self.listeners: list[Callable[[], None]] = []
        self._ticks = 0

    def time(self) -> float:
        """Seconds since 1970."""
        return 1e9 + self._ticks * _TICK_SECONDS

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._ticks * _TICK_SECONDS

    def sleep(self, seconds: float) -> None:
        """Let time pass, at least one tick."""
        for _ in range(max(1, round(seconds / _TICK_SECONDS))):
            self._ticks += 1
            for listener in self.listeners:
                listener()

    def machine_time(self) -> MachineTime:
        """Half of the time so far was busy, and none was stolen."""
        return MachineTime(total=2 * self._ticks, idle=self._ticks, stolen=0)
