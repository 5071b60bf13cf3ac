"""The machine's speed: what the same request costs the load generator from moment to moment.

A neighbour on the other thread of a core takes part of it without a word in `/proc/stat`, and the least that holds
changes with it: the CPU that a request costs the API goes with what it costs the generator (correlation 0.91 in 89
measurements of 4 s with the same limits) and the gateway (0.96).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median

from capacity.model.trial import Kind
from capacity.report.trial_record import TrialRecord, Verdict


def request_us(trials: Iterable[TrialRecord], users: int) -> dict[str, tuple[float, float, float]]:
    """CPU microseconds of the generator for a request, by way: the least, the median and the most.

    Args:
        trials: Only those count that held, because a queue costs the generator time too.
        users: With how many users.
    """
    costs: defaultdict[str, list[float]] = defaultdict(list)
    for trial in trials:
        last = trial.last
        if last is None or last.generator_us is None or last.users != users:
            continue
        if trial.verdict is Verdict.HOLDS and trial.kind != Kind.OPEN:
            costs[trial.via].append(last.generator_us)
    return {via: (min(each), median(each), max(each)) for via, each in costs.items()}
