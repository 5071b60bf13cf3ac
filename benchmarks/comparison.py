"""Repeats put together: the middle of them, how far they lie apart, and ratios of those that were neighbours."""

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
        middle: Median.
        lowest: The least.
        highest: The most.
    """

    middle: float
    lowest: float
    highest: float

    @classmethod
    def over(cls, values: Sequence[float]) -> Spread:
        """Summarize at least one value."""
        return cls(statistics.median(values), min(values), max(values))

    @property
    def relative(self) -> float:
        """Distance of the outermost two, as a part of the middle."""
        return (self.highest - self.lowest) / self.middle if self.middle else 0.0


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
        """What was measured for one server under one load; empty when nothing was."""
        groups: dict[Key, list[Measurement]] = self._groups  # type: ignore[attr-defined]  # set above, frozen since
        return groups.get((server, model, kind, connections), [])

    def loads(self, model: str) -> list[tuple[str, int]]:
        """Kinds and connections that a model was measured with, in order of appearance."""
        return list(dict.fromkeys((one.kind, one.connections) for one in self.measurements if one.model == model))

    def ratio(self, server: str, reference: str, model: str, kind: str, connections: int) -> Spread | None:
        """How many times as fast a server is as another, from pairs of the same round; None without a pair."""
        others = {one.repeat: one.rate for one in self.repeats(reference, model, kind, connections)}
        pairs = [
            one.rate / others[one.repeat]
            for one in self.repeats(server, model, kind, connections)
            if others.get(one.repeat)
        ]
        return Spread.over(pairs) if pairs else None

    def noise(self) -> Spread | None:
        """The spread of the rates over all servers and loads that were repeated."""
        groups: Iterable[list[Measurement]] = self._groups.values()  # type: ignore[attr-defined]  # as above
        spreads = [Spread.over([one.rate for one in group]).relative for group in groups if len(group) > 1]
        return Spread.over(spreads) if spreads else None
