"""CPU quota and memory of the process's own control group, version 1 or 2, read at each scrape.

What `docker stats` shows from outside, and one thing that it does not show: how often the CPU quota stops the process.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

_MOUNT: Final = Path("/sys/fs/cgroup")
_MEMBERSHIP: Final = Path("/proc/self/cgroup")
_NO_LIMIT: Final = 1 << 62
"""Version 1 writes a number of this size, rounded to pages, where version 2 writes `max`."""

_COUNTERS: Final = {
    "inference_cpu_periods": "Periods of the CPU quota in which the process wanted to run.",
    "inference_cpu_throttled_periods": "Periods in which the CPU quota stopped the process.",
    "inference_cpu_throttled_seconds": "Time for which the CPU quota stopped the process.",
}
_GAUGES: Final = {
    "inference_cpu_limit_cores": "CPU quota in cores; absent without a quota.",
    "inference_memory_bytes": "Memory of the control group without inactive page cache, as in docker stats.",
    "inference_memory_limit_bytes": "Memory limit of the control group; absent without a limit.",
}


class CgroupCollector(Collector):
    """Metrics of the control group. What the system does not offer is absent."""

    def __init__(self, mount: Path = _MOUNT, membership: Path = _MEMBERSHIP) -> None:
        """Read nothing yet.

        Args:
            mount: Where the control groups are mounted.
            membership: The file that tells the process's groups.
        """
        self._mount, self._membership = mount, membership

    def describe(self) -> Iterable[Metric]:
        """The names, so that registering reads no file."""
        for name, documentation in _COUNTERS.items():
            yield CounterMetricFamily(name, documentation)
        for name, documentation in _GAUGES.items():
            yield GaugeMetricFamily(name, documentation)

    def collect(self) -> Iterable[Metric]:
        """The metrics that the control group has now."""
        found = self.values()
        for name, documentation in _COUNTERS.items():
            if name in found:
                yield CounterMetricFamily(name, documentation, value=found[name])
        for name, documentation in _GAUGES.items():
            if name in found:
                yield GaugeMetricFamily(name, documentation, value=found[name])

    def values(self) -> dict[str, float]:
        """Each metric that is known, by its name."""
        try:
            lines = self._membership.read_text(encoding="ascii").splitlines()
        except OSError:  # not Linux
            return {}
        # Read each time, because a process may be moved to another group.
        groups = {controller: (names, path) for names, path in map(_group, lines) for controller in names.split(",")}
        found: dict[str, float] = {}
        for controller, version_1, version_2 in (("cpu", _cpu_1, _cpu_2), ("memory", _memory_1, _memory_2)):
            read, group = (version_1, groups[controller]) if controller in groups else (version_2, groups.get(""))
            if group is not None:
                # The root group, or a kernel without this controller, has not all of the files.
                with suppress(OSError, KeyError):
                    found |= read(self._folder(*group))
        return found

    def _folder(self, controllers: str, path: str) -> Path:
        """The group's folder. In a container the path is that of the host, and the mount is the group itself."""
        mount = self._mount / controllers
        own = mount / path.lstrip("/")
        return own if own.is_dir() else mount


def _cpu_1(folder: Path) -> dict[str, float]:
    statistics = _pairs(folder / "cpu.stat")
    quota = int(_text(folder / "cpu.cfs_quota_us"))
    return _cpu(
        statistics,
        statistics["throttled_time"] / 1e9,
        quota / int(_text(folder / "cpu.cfs_period_us")) if quota > 0 else None,
    )


def _memory_1(folder: Path) -> dict[str, float]:
    inactive = _pairs(folder / "memory.stat")["total_inactive_file"]
    limit = int(_text(folder / "memory.limit_in_bytes"))
    return _memory(int(_text(folder / "memory.usage_in_bytes")), inactive, limit if limit < _NO_LIMIT else None)


def _cpu_2(folder: Path) -> dict[str, float]:
    statistics = _pairs(folder / "cpu.stat")
    quota, period = _text(folder / "cpu.max").split()
    return _cpu(statistics, statistics["throttled_usec"] / 1e6, None if quota == "max" else int(quota) / int(period))


def _memory_2(folder: Path) -> dict[str, float]:
    inactive = _pairs(folder / "memory.stat")["inactive_file"]
    limit = _text(folder / "memory.max")
    return _memory(int(_text(folder / "memory.current")), inactive, None if limit == "max" else int(limit))


def _cpu(statistics: dict[str, int], throttled_seconds: float, limit: float | None) -> dict[str, float]:
    found = {
        "inference_cpu_periods": float(statistics["nr_periods"]),
        "inference_cpu_throttled_periods": float(statistics["nr_throttled"]),
        "inference_cpu_throttled_seconds": throttled_seconds,
    }
    return found if limit is None else {**found, "inference_cpu_limit_cores": limit}


def _memory(used: int, inactive: int, limit: int | None) -> dict[str, float]:
    found = {"inference_memory_bytes": float(used - inactive)}
    return found if limit is None else {**found, "inference_memory_limit_bytes": float(limit)}


def _group(line: str) -> tuple[str, str]:
    _number, controllers, path = line.split(":", 2)
    return controllers, path


def _text(file: Path) -> str:
    return file.read_text(encoding="ascii").strip()


def _pairs(file: Path) -> dict[str, int]:
    return {name: int(value) for name, value in map(str.split, _text(file).splitlines())}
