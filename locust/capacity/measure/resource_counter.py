"""Meters: what reads the counters of a group of processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import psutil

from capacity.measure.cgroup import Counters


class ResourceCounter(Protocol):
    """Reads counters."""

    def read(self) -> Counters:
        """Look now.

        Raises:
            OSError: When the processes are gone.
        """


@dataclass(frozen=True, slots=True)
class ProcessCounter:
    """Of a process and its children, where no control group counts them: there is no quota that could stop them.

    Attributes:
        pid: The process.
    """

    pid: int

    def read(self) -> Counters:
        """Look now.

        Raises:
            ProcessLookupError: When the process is gone.
        """
        try:
            process = psutil.Process(self.pid)
            family = [process, *process.children(recursive=True)]
        except psutil.NoSuchProcess:
            raise ProcessLookupError(f"process {self.pid} is gone") from None
        seconds, memory = 0.0, 0
        for one in family:
            try:
                times, size = one.cpu_times(), one.memory_info().rss
            except psutil.NoSuchProcess:
                continue
            # What its ended children used is its own from then on.
            seconds += times.user + times.system + times.children_user + times.children_system
            memory += size
        # Sums of hundredths: without rounding, the order of the children would make time run backwards.
        return Counters(round(seconds, 6), memory)
