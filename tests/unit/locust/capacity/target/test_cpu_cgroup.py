"""A CPU quota without a container, on a tree of files that stands for the kernel's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from capacity.errors import CapacityError
from capacity.target.cpu_cgroup import CpuCgroup


def _process(folder: Path, groups: str) -> None:
    (folder / "proc" / str(os.getpid())).mkdir(parents=True)
    (folder / "proc" / str(os.getpid()) / "cgroup").write_text(groups)


def _around(folder: Path) -> CpuCgroup:
    return CpuCgroup.around(os.getpid(), proc=folder / "proc", mount=folder / "mount")


def test_version_one(tmp_path: Path) -> None:
    """The controller of the CPU has a tree of its own."""
    _process(tmp_path, "5:memory:/elsewhere\n4:cpu,cpuacct:/session/one\n0::/init\n")
    (tmp_path / "mount/cpu/session/one").mkdir(parents=True)
    cage = _around(tmp_path)
    assert (cage.folder / "cgroup.procs").read_text() == str(os.getpid())
    cage.limit(0.15)
    assert (cage.folder / "cpu.cfs_quota_us").read_text() == "15000"
    assert (cage.folder / "cpu.cfs_period_us").read_text() == "100000"
    (cage.folder / "cpu.stat").write_text("nr_periods 10\nnr_throttled 4\nthrottled_time 500000000\n")
    assert cage.throttling() == (10, 4, 0.5)
    # The kernel's folders vanish with their files; these are plain ones.
    for file in cage.folder.iterdir():
        file.unlink()
    cage.open(os.getpid())
    assert (tmp_path / "mount/cpu/session/one/cgroup.procs").read_text() == str(os.getpid())
    assert not cage.folder.exists()


def test_version_two(tmp_path: Path) -> None:
    """One tree for all controllers, in which that of the CPU has to be switched on."""
    _process(tmp_path, "0::/user.slice\n")
    (tmp_path / "mount/user.slice").mkdir(parents=True)
    (tmp_path / "mount/cgroup.controllers").write_text("cpu memory\n")
    cage = _around(tmp_path)
    assert (tmp_path / "mount/cgroup.subtree_control").read_text() == "+cpu"
    cage.limit(1.5)
    assert (cage.folder / "cpu.max").read_text() == "150000 100000"
    (cage.folder / "cpu.stat").write_text("usage_usec 9\nnr_periods 10\nnr_throttled 4\nthrottled_usec 250000\n")
    assert cage.throttling() == (10, 4, 0.25)


def test_who_may_not_is_told(tmp_path: Path) -> None:
    """Neither a missing tree nor a missing right is a traceback."""
    _process(tmp_path, "0::/user.slice\n")
    with pytest.raises(CapacityError, match="no CPU limits without Docker: the kernel has no control group for it"):
        _around(tmp_path)
    (tmp_path / "mount").mkdir()
    (tmp_path / "mount/cgroup.controllers").write_text("cpu memory\n")
    (tmp_path / "mount/cgroup.subtree_control").mkdir()
    with pytest.raises(CapacityError, match=r"no CPU limits without Docker: .*Is a directory"):
        _around(tmp_path)
