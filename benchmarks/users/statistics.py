"""What the users saw, from the single answers that Locust leaves (`locust/recorder.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.errors import BenchmarkError

_RECORD = np.dtype([("at", "<f8"), ("ms", "<f4"), ("kind", "<u2")])


@dataclass(frozen=True, slots=True)
class Statistics:
    """The requests that began between two moments, by exact percentiles.

    Attributes:
        requests: How many were answered or failed.
        failures: How many failed.
        rate: Requests a second.
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
    """

    requests: int
    failures: int
    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def between(cls, folder: Path, began: float, ended: float) -> Statistics:
        """Read the answers to requests that began between two moments, in seconds since 1970.

        Raises:
            BenchmarkError: When there are none.
        """
        files = sorted(folder.glob("answers-*.bin"))
        records = np.concatenate([np.empty(0, _RECORD), *(np.fromfile(file, _RECORD) for file in files)])
        seen = records[(records["at"] >= began) & (records["at"] < ended)]
        if not len(seen):
            raise BenchmarkError(f"Locust left no answers of this time in {len(files)} files")
        p50, p95, p99 = (float(value) for value in np.percentile(seen["ms"], (50, 95, 99)).round(1))
        failures = int(np.count_nonzero(seen["kind"]))
        return cls(len(seen), failures, len(seen) / (ended - began), p50, p95, p99)
