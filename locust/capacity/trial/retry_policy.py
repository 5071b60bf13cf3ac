"""Which measurements are repeated: a shared machine may stall for a moment, and make answers late."""

from __future__ import annotations

from typing import Final

from capacity.model.criteria import Criterion, Resource
from capacity.model.verdict import Fails, Holds, Invalid, Reason, Verdict
from load import think_time

LONG_STALL_SECONDS: Final = 1.0
"""No stall was longer. Assumed in ramps, because one that fails has to be repeated as a whole."""
STALL_SECONDS: Final = 0.5
"""Few stalls are longer: of 15 short tests that failed by more, 13 failed again when they were repeated."""


def may_hold_again(verdict: Verdict, seconds: float, stall_seconds: float) -> bool:
    """Whether a second measurement may hold although the first did not.

    Args:
        verdict: The verdict on the first measurement.
        seconds: Its duration.
        stall_seconds: The longest stall that is assumed.
    """
    match verdict:
        case Holds() | Invalid(reason=Reason.GENERATOR_BUSY):
            # The same number of users keeps the generator as busy as before.
            return False
        case Fails(criterion=Criterion.RATE):
            return verdict.seen >= (1 - lost_share(seconds, stall_seconds)) * verdict.allowed
        case Fails():
            # A stall makes answers late. It does not fail requests, fill the memory or end a replica.
            return verdict.resource is Resource.SPEED
        case Invalid():
            return True


def lost_share(seconds: float, stall_seconds: float) -> float:
    """The part of the requests of a window that are not sent because of a stall in it.

    A stall delays the requests during it by half its length on average, and their users' next requests as well.
    """
    return stall_seconds**2 / (2 * think_time.MEAN_SECONDS * seconds)
