"""A jolt takes as much from the rate as is said, and only what it can cause is measured again."""

from __future__ import annotations

import numpy as np
import pytest

from capacity.model.verdict import Criterion, Fails, Holds, Invalid, Reason
from capacity.trial.retry_policy import JOLT_SECONDS, LONG_JOLT_SECONDS, lost, may_pass

USERS = 200_000
SECONDS = 4.0


@pytest.mark.parametrize("jolt", [JOLT_SECONDS, LONG_JOLT_SECONDS])
def test_a_jolt_takes_its_square_from_a_closed_loop(jolt: float) -> None:
    """Users who wait from 1 to 2.5 s make so many requests fewer when nobody is answered for a moment."""

    def requests(began: float, ended: float) -> int:
        dice = np.random.default_rng(8)
        moments = dice.uniform(-3, 0, USERS)
        made = 0
        while (moments < SECONDS).any():
            made += int(np.count_nonzero((moments >= 0) & (moments < SECONDS)))
            answered = np.where((moments >= began) & (moments < ended), ended, moments)
            moments = answered + dice.uniform(1, 2.5, USERS)
        return made

    undisturbed, disturbed = requests(0.2, 0.2), requests(0.2, 0.2 + jolt)

    assert 1 - disturbed / undisturbed == pytest.approx(lost(SECONDS, jolt), rel=0.25)


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
def test_only_what_a_jolt_can_cause_is_measured_again(verdict: Holds | Fails | Invalid, *, passes: bool) -> None:
    """Half a second takes 1.8 % from the rate of four: what lacks more lacks it for another reason."""
    assert may_pass(verdict, SECONDS, JOLT_SECONDS) is passes
