"""The effect of a stall of the machine, and the measurements that are repeated."""

from __future__ import annotations

import numpy as np
import pytest

from capacity.model.criteria import Criterion
from capacity.model.verdict import Fails, Holds, Invalid, Reason
from capacity.trial.retry_policy import LONG_STALL_SECONDS, STALL_SECONDS, lost_share, may_hold_again
from load import think_time

USERS = 200_000
SECONDS = 4.0


@pytest.mark.parametrize("stall", [STALL_SECONDS, LONG_STALL_SECONDS])
def test_lost_share_is_that_of_simulated_users(stall: float) -> None:
    """They send so many requests less when no answer arrives during a stall."""

    def requests(began: float, ended: float) -> int:
        dice = np.random.default_rng(8)
        moments = dice.uniform(-3, 0, USERS)
        made = 0
        while (moments < SECONDS).any():
            made += int(np.count_nonzero((moments >= 0) & (moments < SECONDS)))
            answered = np.where((moments >= began) & (moments < ended), ended, moments)
            moments = answered + dice.uniform(think_time.MIN_SECONDS, think_time.MAX_SECONDS, USERS)
        return made

    undisturbed, disturbed = requests(0.2, 0.2), requests(0.2, 0.2 + stall)

    assert 1 - disturbed / undisturbed == pytest.approx(lost_share(SECONDS, stall), rel=0.25)


@pytest.mark.parametrize(
    ("verdict", "passes"),
    [
        (Holds(), False),
        (Fails(Criterion.RATE, 1, 100, 99, 100), True),
        (Fails(Criterion.RATE, 1, 100, 98, 100), False),
        (Fails(Criterion.P99, 1, 100, 900, 250), True),
        (Fails(Criterion.FAILURES, 1, 100, 1, 0), False),
        (Fails(Criterion.OOM, 1, 100, 1, 0), False),
        (Fails(Criterion.MEMORY, 1, 100, 99, 98), False),
        (Invalid(Reason.GENERATOR_BUSY, 1, 0.9, 0.85), False),
        (Invalid(Reason.MACHINE_STOLEN, 1, 0.1, 0.05), True),
    ],
)
def test_only_effects_of_a_stall_are_measured_again(verdict: Holds | Fails | Invalid, *, passes: bool) -> None:
    """Half a second takes 1.8 % from the rate of four seconds: a larger lack has another cause."""
    assert may_hold_again(verdict, SECONDS, STALL_SECONDS) is passes
