"""How the machine's time was spent."""

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
        total: All of them.
        idle: Those in which nothing was to be done.
        stolen: Those that the machine's host gave to others.
    """

    total: int
    idle: int
    stolen: int

    @classmethod
    def now(cls, file: Path = _STAT) -> MachineTime:
        """Look now."""
        first = file.read_text(encoding="ascii").splitlines()[0]
        # Guests' ticks, which follow, are part of the user's already.
        ticks = [int(value) for value in first.split()[1:9]]
        return cls(sum(ticks), ticks[_IDLE] + ticks[_IOWAIT], ticks[_STEAL])

    def busy_since(self, before: MachineTime) -> float:
        """Part of the time since then in which cores worked or were stolen."""
        return 1 - (self.idle - before.idle) / max(1, self.total - before.total)

    def stolen_since(self, before: MachineTime) -> float:
        """Part of the time since then that others got."""
        return (self.stolen - before.stolen) / max(1, self.total - before.total)
