"""Bisection where an answer may be missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from capacity.model.verdict import Holds, Invalid, Verdict

REPEATS: Final = 2
"""How often a trial that says nothing is made again."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Where it begins to hold.

    Attributes:
        index: The lowest index that holds.
        below: What the index below shows: that it fails, or nothing; None when there is none below.
    """

    index: int
    below: Verdict | None


def lowest_holding(lowest: int, highest: int, ask: Callable[[int], Verdict]) -> Edge:
    """Find the edge between what does not hold and what does, given that the highest index holds."""
    below: Verdict | None = None
    while lowest < highest:
        middle = (lowest + highest) // 2
        verdict = ask(middle)
        if isinstance(verdict, Holds):
            highest = middle
        else:
            # What could not be decided bounds the search like a failure, and is reported for what it is.
            lowest, below = middle + 1, verdict
    return Edge(highest, below)


def galloping(lowest: int, highest: int, ask: Callable[[int], Verdict]) -> Edge:
    """The same with strides that double, from the highest down: fewer asks when the edge is near it."""
    stride = 1
    while lowest < highest:
        index = max(lowest, highest - stride)
        verdict = ask(index)
        if not isinstance(verdict, Holds):
            edge = lowest_holding(index + 1, highest, ask)
            return edge if edge.below is not None else Edge(edge.index, verdict)
        highest, stride = index, stride * 2
    return Edge(highest, None)


def guessed(lowest: int, highest: int, guess: int, ask: Callable[[int], Verdict]) -> Edge:
    """The same from a guess, up with strides that double until it holds and then down: fewer asks when it is good."""
    index, stride = min(max(lowest, guess), highest), 1
    below: Verdict | None = None
    while index < highest and not isinstance(verdict := ask(index), Holds):
        below, lowest = verdict, index + 1
        index, stride = min(index + stride, highest), stride * 2
    edge = galloping(lowest, index, ask)
    return edge if edge.below is not None else Edge(edge.index, below)


def decided(ask: Callable[[], Verdict]) -> Verdict:
    """TrialSpec again while the answer says nothing, but not for ever."""
    verdict = ask()
    for _ in range(REPEATS):
        if not isinstance(verdict, Invalid):
            break
        verdict = ask()
    return verdict
