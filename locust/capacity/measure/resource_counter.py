"""Counters of CPU and memory of a group of processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import psutil

from capacity.measure.cgroup import Counters


class ResourceCounter(Protocol):
    """Reads the counters of a group of processes."""

    def read(self) -> Counters:
        """Read the counters.

        Raises:
            OSError: When the processes no longer exist.
        """


@dataclass(frozen=True, slots=True)
class ProcessCounter:
    """Counts a process and its children without a control group, so without the figures of a quota.

    Attributes:
        pid: Id of the process.
    """

    pid: int

    def read(self) -> Counters:
        """Read the counters.

        Raises:
            ProcessLookupError: When the process no longer exists.
        """
        try:
            process = psutil.Process(self.pid)
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            raise ProcessLookupError(f"process {self.pid} no longer exists") from None
        seconds, memory = 0.0, 0
        for member in family:
            try:
                times, size = member.cpu_times(), member.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            # The parent's `children_*` times include children that ended.
            seconds += times.user + times.system + times.children_user + times.children_system
            memory += size
        # Without rounding, the sum depends on the order of the children by a rounding error, and may decrease.
        return Counters(round(seconds, 6), memory)
