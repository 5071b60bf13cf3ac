"""The most users that are held when the most of CPU and memory does not hold all of them."""

from __future__ import annotations

from capacity.model.search_result import MaxUsers, Neighbour
from capacity.model.verdict import Fails, Invalid, Verdict
from capacity.search.bisection import lowest_holding
from capacity.search.verdict_cache import VerdictCache


def most_users(inquiry: VerdictCache, all_of_them: Verdict) -> MaxUsers:
    """Search down in steps of users.

    Args:
        inquiry: Where to ask.
        all_of_them: What all users showed.
    """
    limits = inquiry.question.top
    # From the most to none: no users at all are always held.
    counts = (*reversed(inquiry.question.counts), 0)
    edge = lowest_holding(1, len(counts) - 1, lambda index: inquiry.hold(limits, counts[index]))
    stopped_by = all_of_them if edge.below is None else edge.below
    place = edge.index
    undecided = None
    while counts[place]:
        verdict = inquiry.settle(limits, counts[place])
        if not isinstance(verdict, Fails):
            undecided = verdict if isinstance(verdict, Invalid) else None
            break
        stopped_by = verdict
        place += 1
    users = counts[place]
    confirmations = inquiry.confirmations(limits, users) if users else 0
    return MaxUsers(limits, users, confirmations, Neighbour(limits, counts[place - 1], stopped_by), undecided)
