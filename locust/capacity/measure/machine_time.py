"""CPU time of the whole machine: busy, idle, stolen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

_STAT: Final = Path("/proc/stat")
_USER, _NICE, _SYSTEM, _IDLE, _IOWAIT, _IRQ, _SOFTIRQ, _STEAL = range(8)


@dataclass(frozen=True, slots=True)
class MachineTime:
    """Ticks of all cores since the machine started, see `man 5 proc_stat`.

    Attributes:
        total: All ticks.
        idle: Idle ticks, also those that wait for a disk.
        stolen: Ticks that the hypervisor gave to other machines.
    """

    total: int
    idle: int
    stolen: int

    @classmethod
    def now(cls, file: Path = _STAT) -> MachineTime:
        """Read the counters."""
        first = file.read_text(encoding="ascii").splitlines()[0]
        # The guest ticks, which follow, are part of the user ticks already.
        ticks = [int(value) for value in first.split()[1:9]]
        return cls(sum(ticks), ticks[_IDLE] + ticks[_IOWAIT], ticks[_STEAL])

    def busy_since(self, before: MachineTime) -> float:
        """Share of the time since then in which cores were busy or stolen."""
        return 1 - (self.idle - before.idle) / max(1, self.total - before.total)

    def stolen_since(self, before: MachineTime) -> float:
        """Share of the time since then that was stolen."""
        return (self.stolen - before.stolen) / max(1, self.total - before.total)
