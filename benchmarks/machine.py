"""A description of the machine that was measured."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.place import ROOT


@dataclass(frozen=True, slots=True)
class Machine:
    """The properties of a machine that a comparison needs.

    Attributes:
        processor: Name of the processor.
        cores: Number of cores that this program may use.
        memory_gib: Main memory in GiB.
        system: Name and version of the kernel.
        hypervisor: Whether it is a virtual machine.
        python: Version of the interpreter of all servers.
        wrk: Version of the load generator.
        commit: The project's commit, and whether files were changed since.
    """

    processor: str
    cores: int
    memory_gib: float
    system: str
    hypervisor: bool
    python: str
    wrk: str
    commit: str

    @classmethod
    def describe(cls, wrk: str) -> Machine:
        """Describe this machine.

        Args:
            wrk: Path of wrk.
        """
        fields = dict(
            line.split(":", 1) for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines() if ":" in line
        )
        values = {name.strip(): value.strip() for name, value in fields.items()}
        return cls(
            processor=values.get("model name", platform.processor() or platform.machine()),
            cores=len(os.sched_getaffinity(0)),
            memory_gib=round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
            system=f"{platform.system()} {platform.release()}",
            hypervisor="hypervisor" in values.get("flags", "").split(),
            python=platform.python_version(),
            wrk=_first_line([wrk, "-v"]).partition(" Copyright")[0].removeprefix("wrk ").strip(),
            commit=_commit(),
        )

    def as_json(self) -> dict[str, object]:
        """The JSON value for the results file."""
        return asdict(self)


def _commit() -> str:
    commit = _first_line(["git", "rev-parse", "--short", "HEAD"])
    changed = _first_line(["git", "status", "--porcelain", "--untracked-files=no"])
    return f"{commit or 'unknown'}{' with changes' if changed else ''}"


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - only git and wrk with constant arguments
            command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=30
        )
    except OSError:
        return ""
    return next(iter((done.stdout or done.stderr).splitlines()), "")
