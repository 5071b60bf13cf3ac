"""Statistics of the answers in a time window, from the records that `recorder.py` wrote."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

RECORD: Final = np.dtype([("at", "<f8"), ("ms", "<f4"), ("kind", "<u2")])
"""One answer, in the format of the recorder."""


@dataclass(frozen=True, slots=True)
class ResponseStats:
    """The requests that should have been sent, or were answered, in a time window.

    Attributes:
        seconds: Length of the window.
        good: Number of good answers.
        failures: Number of failures by kind.
        p50_ms: Median latency of the good answers; 0 without good answers, as the next three.
        p95_ms: Their 95th percentile.
        p99_ms: Their 99th percentile.
        max_ms: Their maximum.
    """

    seconds: float
    good: int
    failures: dict[str, int]
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float

    @property
    def achieved(self) -> float:
        """Good answers per second."""
        return self.good / self.seconds


@dataclass(frozen=True, slots=True)
class AnswerRecords:
    """The answers of all processes of a run.

    Attributes:
        records: One array of `RECORD` per process.
        names: Per process, the names of its kinds of failure by their numbers.
    """

    records: tuple[NDArray[np.void], ...]
    names: tuple[dict[int, str], ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read all files, also while they are written: an incomplete record or line is left out."""
        files = sorted(folder.glob("answers-*.bin"))
        return cls(
            tuple(np.fromfile(file, RECORD) for file in files),
            tuple(
                _names(file.with_name(file.name.replace("answers-", "events-")).with_suffix(".jsonl")) for file in files
            ),
        )

    def stats(self, began: float, ended: float, *, answered: bool = False) -> ResponseStats:
        """Statistics of the requests of a time window.

        Failures are only counted by kind, so that fast failures do not improve the percentiles.

        Args:
            began: Start of the window, in seconds since 1970.
            ended: End of the window, exclusive.
            answered: Take the requests that were answered in the window, not those that should have been sent in it.
                Under overload this includes requests that waited for longer than the window.

        Raises:
            ValueError: When the window has no length.
        """
        if not ended > began:
            raise ValueError(f"the window from {began} to {ended} has no length")
        good: list[NDArray[np.float32]] = []
        failures: Counter[str] = Counter()
        for records, names in zip(self.records, self.names, strict=True):
            moments = records["at"] + records["ms"] / 1000 if answered else records["at"]
            seen = records[(moments >= began) & (moments < ended)]
            good.append(seen["ms"][seen["kind"] == 0])
            kinds, counts = np.unique(seen["kind"][seen["kind"] != 0], return_counts=True)
            for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True):
                failures[names.get(kind, f"failure without a name ({kind})")] += count
        answers = np.concatenate([np.empty(0, np.float32), *good])
        p50, p95, p99, longest = percentiles(answers, (50, 95, 99, 100))
        return ResponseStats(ended - began, len(answers), dict(sorted(failures.items())), p50, p95, p99, longest)


def percentiles(values: NDArray[np.float32], wanted: tuple[float, ...]) -> tuple[float, ...]:
    """Exact percentiles: the smallest value that so many percent do not exceed; 0 without values."""
    if not len(values):
        return tuple(0.0 for _ in wanted)
    found = np.percentile(values.astype(np.float64), wanted, method="inverted_cdf")
    return tuple(round(float(value), 3) for value in found)


def _names(file: Path) -> dict[int, str]:
    if not file.exists():
        return {}
    whole = file.read_text(encoding="utf-8").rpartition("\n")[0]
    events = [json.loads(line) for line in whole.splitlines()]
    return {event["kind"]: event["name"] for event in events if "kind" in event}
