"""A CPU quota without a container, on plain files in place of the kernel's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from capacity.errors import CapacityError
from capacity.target.cpu_cgroup import CpuCgroup


def _process(folder: Path, groups: str) -> None:
    (folder / "proc" / str(os.getpid())).mkdir(parents=True)
    (folder / "proc" / str(os.getpid()) / "cgroup").write_text(groups)


def _create(folder: Path) -> CpuCgroup:
    return CpuCgroup.create(os.getpid(), proc=folder / "proc", mount=folder / "mount")


def test_version_one(tmp_path: Path) -> None:
    """The CPU controller has its own tree."""
    _process(tmp_path, "5:memory:/elsewhere\n4:cpu,cpuacct:/session/one\n0::/init\n")
    (tmp_path / "mount/cpu/session/one").mkdir(parents=True)
    group = _create(tmp_path)
    assert (group.folder / "cgroup.procs").read_text() == str(os.getpid())
    group.limit(0.15)
    assert (group.folder / "cpu.cfs_quota_us").read_text() == "15000"
    assert (group.folder / "cpu.cfs_period_us").read_text() == "100000"
    (group.folder / "cpu.stat").write_text("nr_periods 10\nnr_throttled 4\nthrottled_time 500000000\n")
    assert group.throttling() == (10, 4, 0.5)
    # The kernel removes a group's folder with its files; a plain folder must be empty.
    for file in group.folder.iterdir():
        file.unlink()
    group.remove(os.getpid())
    assert (tmp_path / "mount/cpu/session/one/cgroup.procs").read_text() == str(os.getpid())
    assert not group.folder.exists()


def test_version_two(tmp_path: Path) -> None:
    """One tree for all controllers, in which the CPU controller has to be enabled."""
    _process(tmp_path, "0::/user.slice\n")
    (tmp_path / "mount/user.slice").mkdir(parents=True)
    (tmp_path / "mount/cgroup.controllers").write_text("cpu memory\n")
    group = _create(tmp_path)
    assert (tmp_path / "mount/cgroup.subtree_control").read_text() == "+cpu"
    group.limit(1.5)
    assert (group.folder / "cpu.max").read_text() == "150000 100000"
    (group.folder / "cpu.stat").write_text("usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 250000\n")
    assert group.throttling() == (10, 4, 0.25)


def test_missing_tree_and_missing_permission(tmp_path: Path) -> None:
    """Both are a CapacityError."""
    _process(tmp_path, "0::/user.slice\n")
    with pytest.raises(CapacityError, match="no CPU limits without Docker: the kernel has no control group for it"):
        _create(tmp_path)
    (tmp_path / "mount").mkdir()
    (tmp_path / "mount/cgroup.controllers").write_text("cpu memory\n")
    (tmp_path / "mount/cgroup.subtree_control").mkdir()
    with pytest.raises(CapacityError, match=r"no CPU limits without Docker: .*Is a directory"):
        _create(tmp_path)
