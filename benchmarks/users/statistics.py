"""Locust's own figures of a run, from the CSV file that it leaves."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the users saw since Locust's figures were last set to zero.

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
    def read(cls, file: Path) -> Statistics:
        """Read the row of all requests.

        Raises:
            BenchmarkError: When the run left none.
        """
        try:
            with file.open(encoding="utf-8", newline="") as lines:
                [row] = [row for row in csv.DictReader(lines) if row["Name"] == "Aggregated"]
            return cls(
                requests=int(row["Request Count"]),
                failures=int(row["Failure Count"]),
                rate=float(row["Requests/s"]),
                p50_ms=float(row["50%"]),
                p95_ms=float(row["95%"]),
                p99_ms=float(row["99%"]),
            )
        except (OSError, ValueError, KeyError) as error:
            raise BenchmarkError(f"Locust left no figures: {error}") from None
