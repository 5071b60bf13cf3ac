"""Binary and galloping search for the lowest value that holds, where a verdict may be invalid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from capacity.model.verdict import Holds, Invalid, Verdict

_RETRIES: Final = 2
"""How often an invalid trial is repeated."""

VerdictOf = Callable[[int], Verdict]
"""Returns the verdict of an index."""


@dataclass(frozen=True, slots=True)
class Edge:
    """The boundary between indexes that do not hold and those that do.

    Attributes:
        index: The lowest index that holds.
        below: Verdict of the index below: fails or invalid; None when there is none below.
    """

    index: int
    below: Verdict | None


def binary_search(lowest: int, highest: int, verdict_of: VerdictOf) -> Edge:
    """Find the boundary, given that the highest index holds."""
    below: Verdict | None = None
    while lowest < highest:
        middle = (lowest + highest) // 2
        verdict = verdict_of(middle)
        if isinstance(verdict, Holds):
            highest = middle
        else:
            # An invalid verdict limits the search like a failure, and is reported as what it is.
            lowest, below = middle + 1, verdict
    return Edge(highest, below)


def gallop_down(lowest: int, highest: int, verdict_of: VerdictOf) -> Edge:
    """The same from the highest index down with strides that double: fewer trials when the boundary is near it."""
    stride = 1
    while lowest < highest:
        index = max(lowest, highest - stride)
        verdict = verdict_of(index)
        if not isinstance(verdict, Holds):
            edge = binary_search(index + 1, highest, verdict_of)
            return edge if edge.below is not None else Edge(edge.index, verdict)
        highest, stride = index, stride * 2
    return Edge(highest, None)


def gallop_from(guess: int, lowest: int, highest: int, verdict_of: VerdictOf) -> Edge:
    """The same from a guess: up with strides that double until an index holds, and then down."""
    index, stride = min(max(lowest, guess), highest), 1
    below: Verdict | None = None
    while index < highest and not isinstance(verdict := verdict_of(index), Holds):
        below, lowest = verdict, index + 1
        index, stride = min(index + stride, highest), stride * 2
    edge = gallop_down(lowest, index, verdict_of)
    return edge if edge.below is not None else Edge(edge.index, below)


def retry_invalid(trial: Callable[[], Verdict]) -> Verdict:
    """The verdict of a trial, which is repeated a limited number of times while it is invalid."""
    verdict = trial()
    for _ in range(_RETRIES):
        if not isinstance(verdict, Invalid):
            break
        verdict = trial()
    return verdict
