"""What the users saw."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.users.statistics import Statistics
from recorder import RECORD


def test_only_requests_of_the_window_count(tmp_path: Path) -> None:
    """By when they began, from all processes, with exact percentiles and the failures among them."""
    random = np.random.default_rng(5)
    at, milliseconds = random.uniform(100, 130, 20_000), random.gamma(2, 10, 20_000).astype("float32")
    kinds = (random.random(20_000) < 0.01).astype(int)
    records = [RECORD.pack(*row) for row in zip(at, milliseconds, kinds, strict=True)]
    (tmp_path / "answers-1.bin").write_bytes(b"".join(records[:7000]))
    (tmp_path / "answers-2.bin").write_bytes(b"".join(records[7000:]))

    seen = Statistics.between(tmp_path, 105, 125)

    inside = (at >= 105) & (at < 125)
    assert (seen.requests, seen.failures) == (inside.sum(), kinds[inside].sum())
    assert seen.rate == inside.sum() / 20
    expected = np.percentile(milliseconds[inside], (50, 95, 99))
    assert [seen.p50_ms, seen.p95_ms, seen.p99_ms] == pytest.approx(expected, abs=0.051)


def test_a_run_without_answers_is_said(tmp_path: Path) -> None:
    """Locust was refused, or died."""
    with pytest.raises(BenchmarkError, match="Locust left no answers of this time in 0 files"):
        Statistics.between(tmp_path, 0, 1)
    (tmp_path / "answers-1.bin").write_bytes(RECORD.pack(5, 1, 0))
    with pytest.raises(BenchmarkError, match="in 1 files"):
        Statistics.between(tmp_path, 0, 1)
