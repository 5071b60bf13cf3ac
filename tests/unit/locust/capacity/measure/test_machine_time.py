"""CPU time of the whole machine."""

from pathlib import Path

import pytest

from capacity.measure.machine_time import MachineTime


def _at(folder: Path, *ticks: int) -> MachineTime:
    file = folder / "stat"
    file.write_text(f"cpu  {' '.join(map(str, ticks))}\ncpu0 1 2 3\n")
    return MachineTime.now(file)


def test_shares_between_two_readings(tmp_path: Path) -> None:
    """Waiting for a disk is idle time, and guest ticks are counted once."""
    before = _at(tmp_path, 100, 0, 50, 800, 20, 5, 5, 20, 40, 0)
    after = _at(tmp_path, 150, 0, 70, 820, 25, 5, 5, 25, 90, 0)
    # Of 100 ticks 25 were idle and 5 stolen.
    assert after.busy_since(before) == pytest.approx(0.75)
    assert after.stolen_since(before) == pytest.approx(0.05)


def test_readings_of_this_machine() -> None:
    """The kernel's file is parsed, and two readings in one tick do not divide by zero."""
    before = MachineTime.now()
    after = MachineTime.now()
    assert after.total >= before.total > before.idle > 0
    assert 0 <= before.stolen_since(before) <= before.busy_since(before) <= 1
