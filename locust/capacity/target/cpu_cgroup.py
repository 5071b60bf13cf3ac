"""A CPU quota for processes that run without a container."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import psutil

from capacity.errors import CapacityError

_MOUNT: Final = Path("/sys/fs/cgroup")
_NAME: Final = "taller5-capacity"
_PERIOD_US: Final = 100_000


@dataclass(frozen=True, slots=True)
class CpuCgroup:
    """A control group for one process and its children.

    Attributes:
        folder: Folder of the group.
        original: Folder of the group in which they were before.
        unified: Whether it is of version 2.
    """

    folder: Path
    original: Path
    unified: bool

    @classmethod
    def create(cls, pid: int, *, proc: Path = Path("/proc"), mount: Path = _MOUNT) -> Self:
        """Move a process and its children into a new group without a limit.

        Raises:
            CapacityError: When that is not permitted or not possible; the message says why.
        """
        unified = (mount / "cgroup.controllers").is_file()
        tree = mount if unified else mount / "cpu"
        try:
            lines = (proc / str(pid) / "cgroup").read_text(encoding="ascii").splitlines()
            fields = [line.split(":", 2) for line in lines]
            controller = "" if unified else "cpu"
            path = next((path for _, names, path in fields if controller in names.split(",")), None)
            if path is None:
                raise CapacityError("no CPU limits without Docker: the kernel has no control group for it")
            group = cls(tree / _NAME, tree / path.lstrip("/"), unified)
            if unified:
                (mount / "cgroup.subtree_control").write_text("+cpu", encoding="ascii")
            group.folder.mkdir(exist_ok=True)
            group._move(pid, group.folder)
        except OSError as error:
            raise CapacityError(f"no CPU limits without Docker: {error}") from None
        return group

    def limit(self, cpus: float) -> None:
        """Set the number of cores that they may use."""
        quota = round(cpus * _PERIOD_US)
        if self.unified:
            (self.folder / "cpu.max").write_text(f"{quota} {_PERIOD_US}", encoding="ascii")
        else:
            (self.folder / "cpu.cfs_period_us").write_text(str(_PERIOD_US), encoding="ascii")
            (self.folder / "cpu.cfs_quota_us").write_text(str(quota), encoding="ascii")

    def throttling(self) -> tuple[int, int, float]:
        """Periods of the quota, throttled periods, and throttled seconds."""
        lines = (self.folder / "cpu.stat").read_text(encoding="ascii").splitlines()
        values = {name: int(value) for name, value in map(str.split, lines)}
        seconds = values.get("throttled_usec", 0) / 1e6 if self.unified else values.get("throttled_time", 0) / 1e9
        return values.get("nr_periods", 0), values.get("nr_throttled", 0), seconds

    def remove(self, pid: int) -> None:
        """Move them back to their original group, and remove this one."""
        self._move(pid, self.original)
        self.folder.rmdir()

    @staticmethod
    def _move(pid: int, group: Path) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            for member in (process, *process.children(recursive=True)):
                (group / "cgroup.procs").write_text(str(member.pid), encoding="ascii")
