"""How many more users than wanted hold with the largest limits."""

from __future__ import annotations

from typing import Final

from capacity.model.search_result import Headroom
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Holds, Verdict
from capacity.trial.client import TrialClient

_FIRST_STRIDE: Final = 8
"""In steps; with steps of 500 users the search goes from 10,000 to 14,000, which most machines hold, and to 18,000."""


def find_headroom(spec: SearchSpec, client: TrialClient, most: int) -> Headroom:
    """Add users in strides of steps until they do not hold, and search between.

    Args:
        spec: The search, whose users hold.
        client: Makes the trials.
        most: The largest number of users that may be tried.
    """

    def verdict_of(steps: int) -> Verdict:
        return client.short_test(spec.top, spec.users + steps * spec.step_users)

    highest = (most - spec.users) // spec.step_users
    holding, stride, stopped = 0, _FIRST_STRIDE, None
    while holding < highest:
        steps = min(holding + stride, highest)
        verdict = verdict_of(steps)
        if isinstance(verdict, Holds):
            holding, stride = steps, stride * 2
        else:
            highest, stopped = steps - 1, verdict
            break
    while holding < highest:
        steps = (holding + highest + 1) // 2
        verdict = verdict_of(steps)
        if isinstance(verdict, Holds):
            holding = steps
        else:
            highest, stopped = steps - 1, verdict
    return Headroom(stopped)
