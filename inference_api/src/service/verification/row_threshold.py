"""Measures from how many rows on the second way of a direct computation is the faster one."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from time import thread_time
from typing import Final

from src.service.flavors.computation import Computation
from src.service.prediction.encoders import Encoder
from src.service.prediction.method import compute_rows
from src.service.schema.validator import Row

SIZES: Final = (64, 128, 256, 512, 1024)
CALLS: Final = 5
FASTER: Final = 0.9
"""Share of the first way's time that the second one may take; a threshold that is too low costs more than it saves."""


def with_threshold(computation: Computation, encoder: Encoder, rows: Sequence[Row]) -> Computation:
    """The computation with the number of rows from which on `raw_of_many` serves: where it is equal and faster.

    Args:
        computation: Verified without `raw_of_many`.
        encoder: The encoder it was verified with.
        rows: Rows that the model accepts.
    """
    if computation.raw_of_many is None:
        return computation
    other = replace(computation, raw=computation.raw_of_many)
    draw = random.Random(5)  # noqa: S311 - the same rows at every load, not a secret
    for size in SIZES:
        drawn = draw.choices(rows, k=size)
        if compute_rows(computation, encoder, drawn) != compute_rows(other, encoder, drawn):
            break
        few, many = _seconds((computation, other), encoder, drawn)
        if many < FASTER * few:
            return replace(computation, many=size)
    return replace(computation, raw_of_many=None)


def _seconds(computations: Sequence[Computation], encoder: Encoder, rows: Sequence[Row]) -> list[float]:
    """CPU time of the fastest call of each; they take turns, because a busy machine is slower at times."""
    fastest = [float("inf")] * len(computations)
    for _ in range(CALLS):
        for place, computation in enumerate(computations):
            start = thread_time()  # under a CPU quota the time on the clock has pauses
            compute_rows(computation, encoder, rows)
            fastest[place] = min(fastest[place], thread_time() - start)
    return fastest
