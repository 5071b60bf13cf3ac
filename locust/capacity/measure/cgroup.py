"""The kernel's counters of a container, from control groups of version 1 or 2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capacity.errors import CapacityError

_MOUNT: Final = Path("/sys/fs/cgroup")
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class Counters:
    """Resource use of a group of processes since it started.

    Attributes:
        cpu_seconds: CPU time.
        memory_bytes: Memory without inactive page cache, as in `docker stats`.
        periods: Periods of the CPU quota.
        throttled: Periods in which the quota stopped it.
        throttled_seconds: How long it was stopped.
    """

    cpu_seconds: float
    memory_bytes: int
    periods: int = 0
    throttled: int = 0
    throttled_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Cgroup:
    """The folders of a group's counters.

    Attributes:
        cpu: Folder of the quota's statistics.
        cpuacct: Folder of the CPU time; None with version 2, which has one folder for all.
        memory: Folder of the memory statistics.
    """

    cpu: Path
    cpuacct: Path | None
    memory: Path

    @classmethod
    def of_process(cls, pid: int, *, proc: Path = _PROC, mount: Path = _MOUNT) -> Cgroup:
        """Find the group of a process.

        Raises:
            CapacityError: When it is not visible from here, as with Docker in a virtual machine.
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
        """Read the counters.

        Raises:
            OSError: When the group no longer exists.
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
