"""The machine and the software that figures belong to."""

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
    """The machine that the figures belong to.

    Attributes:
        cpu: Name of its processor.
        cores: How many may be used.
        memory_gib: Its memory.
        kernel: Its kernel with its version.
        engine: What runs the containers, with its version.
    """

    cpu: str = ""
    cores: int | None = None
    memory_gib: float | None = None
    kernel: str = ""
    engine: str = ""


def host_info(engine: str) -> HostInfo:
    """This machine.

    Args:
        engine: What runs the containers, with its version.
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
