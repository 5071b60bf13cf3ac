"""Locust's figures."""

from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.users.statistics import Statistics

TABLE = """\
Type,Name,Request Count,Failure Count,Median Response Time,Requests/s,Failures/s,50%,66%,95%,98%,99%,100%
POST,/predict,100,3,17.0,5600.5,0.1,17,18,26,27,29,80
,Aggregated,100,3,17.0,5600.5,0.1,17,18,26,27,29,80
"""


def test_the_row_of_all_requests_counts(tmp_path: Path) -> None:
    """Not that of one name."""
    (tmp_path / "run_stats.csv").write_text(TABLE)

    assert Statistics.read(tmp_path / "run_stats.csv") == Statistics(100, 3, 5600.5, 17, 26, 29)


def test_a_run_without_figures_is_said(tmp_path: Path) -> None:
    """Locust was refused, or died."""
    with pytest.raises(BenchmarkError, match="Locust left no figures"):
        Statistics.read(tmp_path / "none.csv")
    (tmp_path / "cut.csv").write_text(TABLE.splitlines()[0])
    with pytest.raises(BenchmarkError, match="Locust left no figures"):
        Statistics.read(tmp_path / "cut.csv")
