"""How far it goes beyond the users that were asked for, with the most of CPU and memory."""

from __future__ import annotations

from typing import Final

from capacity.model.search_result import Headroom
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Holds, Verdict
from capacity.trial.client import TrialClient

_FIRST_STRIDE: Final = 8
"""Steps; with those of 500 users it goes from 10,000 to 14,000, which most machines hold, and then to 18,000."""


def most_beyond(question: SearchSpec, probe: TrialClient, most: int) -> Headroom:
    """Add users, a step at a time or several, until they are not held.

    Args:
        question: Whose users are held.
        probe: Whom to ask; it sees the trials.
        most: Users that are never exceeded.
    """

    def hold(steps: int) -> Verdict:
        return probe.descend(question.top, question.users + steps * question.step_users)

    highest = (most - question.users) // question.step_users
    held, stride, stopped = 0, _FIRST_STRIDE, None
    while held < highest:
        steps = min(held + stride, highest)
        verdict = hold(steps)
        if isinstance(verdict, Holds):
            held, stride = steps, stride * 2
        else:
            highest, stopped = steps - 1, verdict
            break
    # Between the most that held and the fewest that did not.
    while held < highest:
        steps = (held + highest + 1) // 2
        verdict = hold(steps)
        if isinstance(verdict, Holds):
            held = steps
        else:
            highest, stopped = steps - 1, verdict
    return Headroom(stopped)
