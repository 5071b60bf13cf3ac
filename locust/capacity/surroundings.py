"""The machine and the software that figures belong to."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Final

from capacity.findings import Host

_CPUINFO: Final = Path("/proc/cpuinfo")
_GIB: Final = 2**30


def host(engine: str) -> Host:
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
    return Host(
        cpu=names[0] if names else platform.machine(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=round(memory, 1),
        kernel=f"{platform.system()} {platform.release()}",
        engine=engine,
    )
