"""Counters of control groups of both versions."""

from pathlib import Path

import pytest

from capacity.errors import CapacityError
from capacity.measure.cgroup import Cgroup, Counters


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_version_one(tmp_path: Path) -> None:
    """Each controller has its own tree; the name of a tree may be a list of controllers."""
    _write(tmp_path / "proc/7/cgroup", "9:memory:/docker/c\n2:cpu,cpuacct:/docker/c\n0::/docker/c\n")
    cpu = tmp_path / "cgroup/cpu,cpuacct/docker/c"
    _write(cpu / "cpu.stat", "nr_periods 100\nnr_throttled 9\nthrottled_time 5000000000\n")
    _write(cpu / "cpuacct.usage", "2500000000\n")
    _write(tmp_path / "cgroup/memory/docker/c/memory.usage_in_bytes", "1000\n")
    _write(tmp_path / "cgroup/memory/docker/c/memory.stat", "cache 400\ntotal_inactive_file 300\n")

    group = Cgroup.of_process(7, proc=tmp_path / "proc", mount=tmp_path / "cgroup")

    assert group.read() == Counters(2.5, memory_bytes=700, periods=100, throttled=9, throttled_seconds=5)


def test_version_two(tmp_path: Path) -> None:
    """One tree for all controllers; without a quota there are no periods."""
    _write(tmp_path / "proc/7/cgroup", "0::/system.slice/docker-c.scope\n")
    folder = tmp_path / "cgroup/system.slice/docker-c.scope"
    _write(folder / "cpu.stat", "usage_usec 1500000\nuser_usec 1\nsystem_usec 2\n")
    _write(folder / "memory.current", "1000\n")
    _write(folder / "memory.stat", "anon 600\ninactive_file 250\n")

    group = Cgroup.of_process(7, proc=tmp_path / "proc", mount=tmp_path / "cgroup")
    assert group.read() == Counters(cpu_seconds=1.5, memory_bytes=750)

    _write(folder / "cpu.stat", "usage_usec 1500000\nnr_periods 8\nnr_throttled 3\nthrottled_usec 250000\n")
    assert group.read() == Counters(1.5, memory_bytes=750, periods=8, throttled=3, throttled_seconds=0.25)


def test_container_that_is_not_visible(tmp_path: Path) -> None:
    """Docker runs in a virtual machine, or the container ended."""
    with pytest.raises(CapacityError, match="cannot be seen from here"):
        Cgroup.of_process(7, proc=tmp_path, mount=tmp_path)
    _write(tmp_path / "7/cgroup", "0::/elsewhere\n")
    with pytest.raises(CapacityError, match="counters are not in"):
        Cgroup.of_process(7, proc=tmp_path, mount=tmp_path)
    with pytest.raises(OSError, match="No such file"):
        Cgroup(tmp_path, None, tmp_path).read()
