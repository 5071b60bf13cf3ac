"""How long the parts of a trial last."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds.

    Attributes:
        settle_seconds: From the last arrival, or from new limits, to the measurement.
        step_seconds: The measurement of a step; five of seven users ask in it.
        hold_seconds: The measurement of all users.
        looks: How often a measurement that does not hold is made at most; the last one counts.
    """

    settle_seconds: float = 0.4
    step_seconds: float = 1.25
    hold_seconds: float = 5.0
    looks: int = 2
