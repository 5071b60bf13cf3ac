"""A Prometheus histogram that adds many equal durations in one call; prometheus_client has no such call."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Final

from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The bounds of the service's durations."""


class DurationHistogram(Collector):
    """A Prometheus histogram with one label."""

    def __init__(self, name: str, documentation: str, label: str, buckets: Sequence[float]) -> None:
        """Start empty.

        Args:
            name: The metric's name.
            documentation: The metric's help text.
            label: Name of its label.
            buckets: Upper bounds in seconds, ascending, without infinity.
        """
        self._name, self._documentation, self._label = name, documentation, label
        self._bounds = tuple(buckets)
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}

    def observe(self, value: str, seconds: float, count: int = 1) -> None:
        """Add durations.

        Args:
            value: The label's value.
            seconds: How long each took.
            count: How many.
        """
        counts = self._counts.setdefault(value, [0] * (len(self._bounds) + 1))
        counts[bisect_left(self._bounds, seconds)] += count
        self._sums[value] = self._sums.get(value, 0.0) + seconds * count

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """The metric family, for a scrape."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=[self._label])
        bounds = [*map(str, self._bounds), "+Inf"]
        for value, counts in self._counts.items():
            buckets = list(zip(bounds, map(float, accumulate(counts)), strict=True))
            family.add_metric([value], buckets, self._sums[value])
        yield family
