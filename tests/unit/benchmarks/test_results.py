"""The results file."""

from pathlib import Path

import pytest

from benchmarks.errors import NotStartedError
from benchmarks.results import Results
from tests.unit.benchmarks.examples import rates, results


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """So that the page can be written again without measuring."""
    measured = results(rates("lane", 1, 2.5), {"linear": {"bentoml": "died"}})
    measured.write(tmp_path / "new" / "results.json")

    assert Results.read(tmp_path / "new" / "results.json") == measured


def test_a_measurement_is_a_line(tmp_path: Path) -> None:
    """With as many digits as mean something."""
    measured = results(rates("lane", 12345.678, 2))
    measured.write(tmp_path / "results.json")

    lines = [line for line in (tmp_path / "results.json").read_text().splitlines() if '"p99_ms"' in line]
    assert len(lines) == 2
    assert '"rate": 12346.0' in lines[0]


def test_a_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    """--render-only without results."""
    with pytest.raises(NotStartedError, match="holds no results"):
        Results.read(tmp_path / "none.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(NotStartedError, match="holds no results"):
        Results.read(tmp_path / "other.json")
