"""The process's own control group as metrics, from folders as the kernel writes them."""

from pathlib import Path

import pytest

from src.service.metrics.cgroup import CgroupCollector
from src.service.metrics.metrics import Metrics

CPU_1 = {
    "cpu.stat": "nr_periods 100\nnr_throttled 40\nthrottled_time 2500000000\n",
    "cpu.cfs_quota_us": "50000\n",
    "cpu.cfs_period_us": "100000\n",
}
MEMORY_1 = {
    "memory.stat": "cache 9\ninactive_file 5\ntotal_inactive_file 1000\n",
    "memory.usage_in_bytes": "101000\n",
    "memory.limit_in_bytes": "200000\n",
}
VERSION_2 = {
    "cpu.stat": "usage_usec 9\nnr_periods 100\nnr_throttled 40\nthrottled_usec 2500000\n",
    "cpu.max": "50000 100000\n",
    "memory.stat": "anon 9\ninactive_file 1000\n",
    "memory.current": "101000\n",
    "memory.max": "200000\n",
}
EXPECTED = {
    "inference_cpu_periods": 100.0,
    "inference_cpu_throttled_periods": 40.0,
    "inference_cpu_throttled_seconds": 2.5,
    "inference_cpu_limit_cores": 0.5,
    "inference_memory_bytes": 100_000.0,
    "inference_memory_limit_bytes": 200_000.0,
}
GROUPS_1 = "9:memory:/docker/1f\n3:cpu,cpuacct:/docker/1f\n1:name=systemd:/docker/1f\n0::/docker/1f\n"


class Kernel:
    """Control groups in a folder."""

    def __init__(self, root: Path, groups: str) -> None:
        """Write which groups the process is in."""
        root.mkdir(exist_ok=True)
        self.mount = root / "cgroup"
        self.membership = root / "self"
        self.membership.write_text(groups, encoding="ascii")

    def write(self, folder: str, files: dict[str, str]) -> None:
        """Write the files of a group."""
        path = self.mount / folder
        path.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (path / name).write_text(text, encoding="ascii")

    def values(self) -> dict[str, float]:
        """What the collector finds."""
        return CgroupCollector(self.mount, self.membership).values()


@pytest.mark.parametrize("path", ["", "docker/1f"], ids=["container", "host"])
def test_version_1(path: str, tmp_path: Path) -> None:
    """Version 1 is read in a container, whose mount is its own group, and on a host, where the path leads to it."""
    kernel = Kernel(tmp_path, GROUPS_1)
    kernel.write(f"cpu,cpuacct/{path}", CPU_1)
    kernel.write(f"memory/{path}", MEMORY_1)
    assert kernel.values() == EXPECTED


@pytest.mark.parametrize("path", ["", "user.slice/api"], ids=["container", "host"])
def test_version_2(path: str, tmp_path: Path) -> None:
    """Version 2 gives the same figures."""
    kernel = Kernel(tmp_path, f"0::/{path}\n")
    kernel.write(path, VERSION_2)
    assert kernel.values() == EXPECTED


def test_without_limits(tmp_path: Path) -> None:
    """Where there is no limit, there is no metric of it: a share of no limit would mean nothing."""
    one, other = Kernel(tmp_path / "1", GROUPS_1), Kernel(tmp_path / "2", "0::/\n")
    one.write("cpu,cpuacct", {**CPU_1, "cpu.cfs_quota_us": "-1\n"})
    one.write("memory", {**MEMORY_1, "memory.limit_in_bytes": "9223372036854771712\n"})
    other.write("", {**VERSION_2, "cpu.max": "max 100000\n", "memory.max": "max\n"})
    limits = {"inference_cpu_limit_cores", "inference_memory_limit_bytes"}
    assert set(one.values()) == set(other.values()) == set(EXPECTED) - limits


def test_one_controller_of_version_1(tmp_path: Path) -> None:
    """A system that has both versions keeps some controllers in the first: each is read where it is."""
    kernel = Kernel(tmp_path, "2:memory:/\n0::/\n")
    kernel.write("memory", MEMORY_1)
    kernel.write("", VERSION_2)
    assert kernel.values() == EXPECTED


@pytest.mark.parametrize("groups", ["", "0::/\n", GROUPS_1])
def test_what_is_not_there_is_absent(groups: str, tmp_path: Path) -> None:
    """The root group has no counters, and a process without groups none either: a scrape works all the same."""
    kernel = Kernel(tmp_path, groups)
    assert kernel.values() == {}
    kernel.membership.unlink()
    assert kernel.values() == {}


def test_they_are_scraped(tmp_path: Path) -> None:
    """The text of a scrape has counters with `_total` and gauges, with the values of this moment."""
    kernel = Kernel(tmp_path, "0::/\n")
    metrics = Metrics(CgroupCollector(kernel.mount, kernel.membership))
    assert b"inference_cpu_periods_total" not in metrics.text()
    kernel.write("", VERSION_2)
    lines = metrics.text().decode().splitlines()
    assert {
        "inference_cpu_periods_total 100.0",
        "inference_cpu_throttled_periods_total 40.0",
        "inference_cpu_throttled_seconds_total 2.5",
        "inference_cpu_limit_cores 0.5",
        "inference_memory_bytes 100000.0",
        "inference_memory_limit_bytes 200000.0",
    } <= {*lines}
