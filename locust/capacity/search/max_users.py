"""The most users that hold with the largest limits, when not all of them do."""

from __future__ import annotations

from capacity.model.search_result import MaxUsers, Neighbour
from capacity.model.verdict import Fails, Invalid, Verdict
from capacity.search.bisection import binary_search
from capacity.search.verdict_cache import VerdictCache


def find_max_users(cache: VerdictCache, all_users: Verdict) -> MaxUsers:
    """Search among the numbers of users of a ramp.

    Args:
        cache: Returns the verdicts.
        all_users: The verdict with all users, which do not hold.
    """
    limits = cache.spec.top
    # From the most to none: no users always hold.
    counts = (*reversed(cache.spec.counts), 0)
    edge = binary_search(1, len(counts) - 1, lambda index: cache.short_test(limits, counts[index]))
    stopped_by = all_users if edge.below is None else edge.below
    index = edge.index
    undecided = None
    while counts[index]:
        verdict = cache.confirm(limits, counts[index])
        if not isinstance(verdict, Fails):
            undecided = verdict if isinstance(verdict, Invalid) else None
            break
        stopped_by = verdict
        index += 1
    users = counts[index]
    confirmations = cache.confirmations(limits, users) if users else 0
    return MaxUsers(limits, users, confirmations, Neighbour(limits, counts[index - 1], stopped_by), undecided)
