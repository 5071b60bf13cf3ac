"""How long the parts of a trial last."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds.

    Attributes:
        settle_seconds: From the last arrival, or from new limits, to the measurement.
        wave_seconds: Before a measurement that did not hold is made again: the longest that a user waits between two
            requests.
        again_seconds: The least that this lasts: twice the mean wait, in which troughs and waves cancel each other.
        step_seconds: The measurement of a step; two of five users ask in it.
        hold_seconds: The measurement of all users.
        looks: How often a measurement that does not hold is made at most; the last one counts.
    """

    settle_seconds: float = 0.3
    wave_seconds: float = 2.5
    again_seconds: float = 3.5
    step_seconds: float = 0.7
    hold_seconds: float = 4.0
    looks: int = 2
