"""What the users saw between two moments, from the single answers that `recorder.py` wrote."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

RECORD: Final = np.dtype([("at", "<f8"), ("ms", "<f4"), ("kind", "<u2")])
"""One answer, as the recorder packs it."""


@dataclass(frozen=True, slots=True)
class Window:
    """The requests that should have been sent, or were answered, between two moments.

    Attributes:
        seconds: From one to the other.
        good: How many were answered well.
        failures: How many failed, by kind.
        p50_ms: Median of the good answers; 0 without any, as for the others.
        p95_ms: Their 95th percentile.
        p99_ms: Their 99th percentile.
        max_ms: The slowest of them.
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
        """Good answers a second."""
        return self.good / self.seconds


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of all processes of a run.

    Attributes:
        records: One array of `RECORD` per process.
        names: Per process, what its numbers of kinds mean.
    """

    records: tuple[NDArray[np.void], ...]
    names: tuple[dict[int, str], ...]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read what there is, also while it is being written: a record or line that is not complete is left out."""
        files = sorted(folder.glob("answers-*.bin"))
        return cls(
            tuple(np.fromfile(file, RECORD) for file in files),
            tuple(
                _names(file.with_name(file.name.replace("answers-", "events-")).with_suffix(".jsonl")) for file in files
            ),
        )

    def between(self, began: float, ended: float, *, answered: bool = False) -> Window:
        """Take the answers to requests of a time, in seconds since 1970; the end does not belong to it.

        Failures count by their kinds only: fast ones must not make the percentiles look better.

        Args:
            began: When the time began.
            ended: When it ended.
            answered: Take the requests that were answered in it, not those that should have been sent in it: so does
                count, under more load than is answered, who had to wait for longer than the time.

        Raises:
            ValueError: When the time has no length.
        """
        if not ended > began:
            raise ValueError(f"no time lies between {began} and {ended}")
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
        return Window(ended - began, len(answers), dict(sorted(failures.items())), p50, p95, p99, longest)


def percentiles(values: NDArray[np.float32], wanted: tuple[float, ...]) -> tuple[float, ...]:
    """Exact percentiles: the smallest value that so many percent do not exceed; 0 without any value."""
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
