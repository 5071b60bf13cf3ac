"""Statistics of repeated measurements: median, minimum and maximum, and ratios within a round."""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.measurement import Measurement

Key = tuple[str, str, str, int]


@dataclass(frozen=True, slots=True)
class Spread:
    """A figure that was measured several times.

    Attributes:
        median: Median of the repeats.
        minimum: The smallest of them.
        maximum: The largest of them.
    """

    median: float
    minimum: float
    maximum: float

    @classmethod
    def over(cls, values: Sequence[float]) -> Spread:
        """Summarize at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    @property
    def relative(self) -> float:
        """The maximum minus the minimum, as a part of the median."""
        return (self.maximum - self.minimum) / self.median if self.median else 0.0


@dataclass(frozen=True)
class Comparison:
    """All measurements of one run."""

    measurements: Sequence[Measurement]

    def __post_init__(self) -> None:
        """Group the repeats."""
        groups: dict[Key, list[Measurement]] = defaultdict(list)
        for one in self.measurements:
            groups[one.server, one.model, one.kind, one.connections].append(one)
        object.__setattr__(self, "_groups", dict(groups))

    def repeats(self, server: str, model: str, kind: str, connections: int) -> list[Measurement]:
        """The measurements of one server under one load; empty without any."""
        groups: dict[Key, list[Measurement]] = self._groups  # type: ignore[attr-defined]  # set above, frozen since
        return groups.get((server, model, kind, connections), [])

    def loads(self, model: str) -> list[tuple[str, int]]:
        """Kinds and connections that a model was measured with, in order of appearance."""
        return list(dict.fromkeys((one.kind, one.connections) for one in self.measurements if one.model == model))

    def ratio(self, server: str, reference: str, model: str, kind: str, connections: int) -> Spread | None:
        """The rate of a server divided by that of the reference in the same round; None without a common round."""
        others = {one.repeat: one.rate for one in self.repeats(reference, model, kind, connections)}
        pairs = [
            one.rate / others[one.repeat]
            for one in self.repeats(server, model, kind, connections)
            if others.get(one.repeat)
        ]
        return Spread.over(pairs) if pairs else None

    def noise(self) -> Spread | None:
        """The spread of the rates' relative spreads, over all servers and loads that were repeated."""
        groups: Iterable[list[Measurement]] = self._groups.values()  # type: ignore[attr-defined]  # as above
        spreads = [Spread.over([one.rate for one in group]).relative for group in groups if len(group) > 1]
        return Spread.over(spreads) if spreads else None
