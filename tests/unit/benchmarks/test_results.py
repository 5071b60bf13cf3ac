"""The results file."""

from pathlib import Path

import pytest

from benchmarks.errors import NotStartedError
from benchmarks.results import Results
from tests.unit.benchmarks.examples import rates, results


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    """The page can be written again without measuring."""
    measured = results(rates("lane", 1, 2.5), {"linear": {"bentoml": "died"}})
    measured.write(tmp_path / "new" / "results.json")

    assert Results.read(tmp_path / "new" / "results.json") == measured


def test_measurement_is_a_line(tmp_path: Path) -> None:
    """Each measurement is a line, with significant digits only."""
    measured = results(rates("lane", 12345.678, 2))
    measured.write(tmp_path / "results.json")

    lines = [line for line in (tmp_path / "results.json").read_text().splitlines() if '"p99_ms"' in line]
    assert len(lines) == 2
    assert '"rate": 12346.0' in lines[0]


def test_missing_or_invalid_file_is_named(tmp_path: Path) -> None:
    """The error of --render-only names a file that is missing or has another format."""
    with pytest.raises(NotStartedError, match="holds no results"):
        Results.read(tmp_path / "none.json")
    (tmp_path / "other.json").write_text("{}")
    with pytest.raises(NotStartedError, match="holds no results"):
        Results.read(tmp_path / "other.json")
