"""The durations of the parts of a trial."""

from __future__ import annotations

from dataclasses import dataclass

from load import think_time


@dataclass(frozen=True, slots=True)
class Timing:
    """Durations in seconds.

    Attributes:
        settle_seconds: From the start of the last user, or from new limits, to the measurement.
        wave_seconds: Before a measurement that did not hold is repeated: the longest wait between two requests.
        again_seconds: The least duration of the repeated measurement: twice the mean wait, so that high and low rates
            after a stall cancel each other.
        step_seconds: The measurement of a step; two of five users send a request in it.
        hold_seconds: The measurement of all users.
        looks: How often a measurement that does not hold is made at most; the last one counts.
    """

    settle_seconds: float = 0.3
    wave_seconds: float = think_time.MAX_SECONDS
    again_seconds: float = 2 * think_time.MEAN_SECONDS
    step_seconds: float = 0.7
    hold_seconds: float = 4.0
    looks: int = 2
