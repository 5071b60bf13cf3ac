"""Jolts: a shared machine stands still for a moment now and then, and nothing that is measured is to blame."""

from __future__ import annotations

from typing import Final

from capacity.model.slo import MEAN_WAIT_SECONDS
from capacity.model.verdict import Criterion, Fails, Holds, Invalid, Reason, Verdict

LONG_JOLT_SECONDS: Final = 1.0
"""None lasts longer. A staircase that one spoils would be climbed again, so it is measured again."""
JOLT_SECONDS: Final = 0.5
"""Few last longer: of 15 holds that failed by more, 13 failed again when they were measured again."""


def may_pass(verdict: Verdict, seconds: float, jolt_seconds: float) -> bool:
    """Whether a second measurement may show anything else than the first.

    Args:
        verdict: What the first showed.
        seconds: How long it lasted.
        jolt_seconds: The longest jolt that is thought of.
    """
    match verdict:
        case Holds() | Invalid(reason=Reason.GENERATOR_BUSY):
            # So many users keep the generator as busy as before.
            return False
        case Fails(criterion=Criterion.RATE):
            return verdict.seen >= (1 - lost(seconds, jolt_seconds)) * verdict.allowed
        case Fails():
            # It can make answers late; fail a request, fill the memory or end a replica it cannot.
            return verdict.criterion is Criterion.P99
        case Invalid():
            return True


def lost(seconds: float, jolt_seconds: float) -> float:
    """The part of the requests of so long that a jolt in it keeps users from making.

    Who asks during it waits for half of it on average, and asks so much later the next time.
    """
    return jolt_seconds**2 / (2 * MEAN_WAIT_SECONDS * seconds)
