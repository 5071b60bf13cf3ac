"""Samples of counters over a time window."""

from __future__ import annotations

from pathlib import Path

import pytest

from capacity.measure.cgroup import Cgroup
from capacity.measure.measurement_window import MeasurementWindow, ResourceCounters
from capacity.measure.percentiles import ResponseStats
from tests.unit.locust.capacity.clock import ManualClock

_MIB = 2**20
_RESPONSES = ResponseStats(seconds=1, good=280, failures={"timeout": 2}, p50_ms=5, p95_ms=9, p99_ms=12, max_ms=40)


def _count(folder: Path, usec: int, memory: int, throttled: int = 0) -> None:
    (folder / "cpu.stat").write_text(
        f"usage_usec {usec}\nnr_periods {throttled * 2}\nnr_throttled {throttled}\nthrottled_usec {throttled * 1000}\n"
    )
    (folder / "memory.current").write_text(str(memory))
    (folder / "memory.stat").write_text("inactive_file 0\n")


def _group(folder: Path, name: str) -> Cgroup:
    (folder / name).mkdir()
    _count(folder / name, 0, 50 * _MIB)
    return Cgroup(folder / name, None, folder / name)


def test_step_has_the_differences_of_the_window(tmp_path: Path) -> None:
    """The CPU of the replicas is added; the memory is the highest of any replica in any sample."""
    counters = ResourceCounters(
        (_group(tmp_path, "a"), _group(tmp_path, "b")), _group(tmp_path, "gateway"), _group(tmp_path, "g")
    )

    clock = ManualClock()

    def work() -> None:
        if clock.monotonic() == pytest.approx(0.2):
            _count(tmp_path / "a", 100_000, 90 * _MIB, throttled=4)
        if clock.monotonic() == pytest.approx(0.7):
            _count(tmp_path / "a", 200_000, 60 * _MIB, throttled=5)
            _count(tmp_path / "b", 100_000, 70 * _MIB, throttled=1)
            _count(tmp_path / "gateway", 500_000, _MIB)
            _count(tmp_path / "g", 400_000, _MIB)

    clock.listeners.append(work)
    window = MeasurementWindow.measure(counters, 1.0, clock)
    step = window.step(500, 499, _RESPONSES, (1, 2))

    assert step.seconds == pytest.approx(1.0)
    assert step.api_cores == pytest.approx(0.3)
    assert step.gateway_cores == pytest.approx(0.5)
    assert step.generator_cores == pytest.approx(0.4)
    assert step.api_memory_peak_mib == 90
    assert (step.throttled, step.periods) == (6, 12)
    assert step.throttled_seconds == pytest.approx(0.006)
    assert (step.users_planned, step.users_present, step.oom_kills, step.deaths) == (500, 499, 1, 2)
    assert step.offered == pytest.approx(500 / 1.75)
    assert (step.achieved, step.failures) == (280, {"timeout": 2})
    assert (step.machine_steal, step.machine_busy) == (0, 0.5)


def test_group_that_disappears_ends_the_window(tmp_path: Path) -> None:
    """The samples until then stay; counters that restarted at 0 count as no use."""
    counters = ResourceCounters((_group(tmp_path, "a"),), None, _group(tmp_path, "g"))
    _count(tmp_path / "a", 900_000, 80 * _MIB)

    clock = ManualClock()

    def vanish() -> None:
        if clock.monotonic() == pytest.approx(0.2):
            _count(tmp_path / "a", 10, _MIB)
        if clock.monotonic() == pytest.approx(0.7):
            (tmp_path / "a" / "cpu.stat").unlink()

    clock.listeners.append(vanish)
    window = MeasurementWindow.measure(counters, 30, clock)
    step = window.step(500, 500, _RESPONSES, (0, 1))
    assert step.seconds == pytest.approx(1.0)
    assert step.api_cores == 0
    assert step.gateway_cores == 0
    assert step.api_memory_peak_mib == 80


def test_missing_group_gives_a_step_of_zeros(tmp_path: Path) -> None:
    """The step is complete otherwise: its containers exited."""
    counters = ResourceCounters((Cgroup(tmp_path, None, tmp_path),), None, _group(tmp_path, "g"))
    step = MeasurementWindow.measure(counters, 30, ManualClock()).step(500, 500, _RESPONSES, (1, 1))
    assert (step.api_cores, step.api_memory_peak_mib, step.periods, step.deaths) == (0, 0, 0, 1)
    assert step.seconds > 0
