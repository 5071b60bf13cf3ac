"""The machine and the software of a measurement."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_CPUINFO: Final = Path("/proc/cpuinfo")
_GIB: Final = 2**30


@dataclass(frozen=True, slots=True, kw_only=True)
class HostInfo:
    """The machine of a measurement.

    Attributes:
        cpu: Name of the processor.
        cores: Cores that this process may use.
        memory_gib: Memory.
        kernel: Kernel with its version.
        engine: Container engine with its version.
    """

    cpu: str = ""
    cores: int | None = None
    memory_gib: float | None = None
    kernel: str = ""
    engine: str = ""


def host_info(engine: str) -> HostInfo:
    """Describe this machine.

    Args:
        engine: Container engine with its version.
    """
    names = [
        line.partition(":")[2].strip()
        for line in _CPUINFO.read_text(encoding="utf-8").splitlines()
        if line.startswith("model name")
    ]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIB
    return HostInfo(
        cpu=names[0] if names else platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory, 1),
        kernel=f"{platform.system()} {platform.release()}",
        engine=engine,
    )
