"""A container's counters, read from the kernel: version 1 and 2 of control groups."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capacity.errors import CapacityError

_MOUNT: Final = Path("/sys/fs/cgroup")
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Counters:
    """What a group of processes has taken so far.

    Attributes:
        cpu_seconds: CPU time.
        memory_bytes: Memory without the page cache that can be dropped, as `docker stats` counts.
        periods: Periods of the CPU quota.
        throttled: Those in which the quota stopped it.
        throttled_seconds: For how long it was stopped.
    """

    cpu_seconds: float
    memory_bytes: int
    periods: int = 0
    throttled: int = 0
    throttled_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Cgroup:
    """Where a group's counters are.

    Attributes:
        cpu: Folder of the quota's statistics.
        cpuacct: Folder of the CPU time; None where version 2 has all in one.
        memory: Folder of the memory's.
    """

    cpu: Path
    cpuacct: Path | None
    memory: Path

    @classmethod
    def of_process(cls, pid: int, *, proc: Path = _PROC, mount: Path = _MOUNT) -> Cgroup:
        """Find the groups of a process.

        Raises:
            CapacityError: When they are not to be seen from here, as with Docker in a virtual machine.
        """
        try:
            lines = (proc / str(pid) / "cgroup").read_text(encoding="ascii").splitlines()
        except OSError as error:
            raise CapacityError(f"the container's process cannot be seen from here: {error}") from None
        paths = {}
        for line in lines:
            _, controllers, path = line.split(":", 2)
            for controller in controllers.split(","):
                paths[controller] = mount / controllers / path.lstrip("/")
        if {"cpu", "cpuacct", "memory"} <= set(paths):
            found = cls(paths["cpu"], paths["cpuacct"], paths["memory"])
        else:
            unified = mount / lines[-1].split(":", 2)[2].lstrip("/")
            found = cls(unified, None, unified)
        if not (found.cpu / "cpu.stat").is_file():
            raise CapacityError(f"the container's counters are not in {found.cpu}")
        return found

    def read(self) -> Counters:
        """Look now.

        Raises:
            OSError: When the group is gone.
        """
        cpu, memory = _pairs(self.cpu / "cpu.stat"), _pairs(self.memory / "memory.stat")
        if self.cpuacct is not None:
            seconds = int((self.cpuacct / "cpuacct.usage").read_text(encoding="ascii")) / 1e9
            throttled_seconds = cpu["throttled_time"] / 1e9
            used, cache = "memory.usage_in_bytes", memory["total_inactive_file"]
        else:
            seconds = cpu["usage_usec"] / 1e6
            throttled_seconds = cpu.get("throttled_usec", 0) / 1e6
            used, cache = "memory.current", memory["inactive_file"]
        return Counters(
            cpu_seconds=seconds,
            memory_bytes=int((self.memory / used).read_text(encoding="ascii")) - cache,
            periods=cpu.get("nr_periods", 0),
            throttled=cpu.get("nr_throttled", 0),
            throttled_seconds=throttled_seconds,
        )


def _pairs(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in map(str.split, file.read_text(encoding="ascii").splitlines())}
