"""Normalized CPU: the CPU with which the users are held, for a fixed speed of the machine.

On a shared machine the cost of a request changes by half within minutes, and the smallest limit that holds changes with
it. The cost to the load generator in the same window is a measure of that (`cpu_per_request.py`), so limits are divided
by it before they are compared, between runs and between machines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from capacity.model.criteria import Resource
from capacity.model.limits import Limits
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Fails, Holds, Verdict
from capacity.report.cpu_per_request import generator_us
from capacity.report.data import ReportData

REFERENCE_US: Final = 100.0
"""CPU microseconds of the generator for a request, for which the normalized CPU is given."""
_DEVIATION: Final = 0.05
"""Standard deviation of the ratio between the API's and the generator's cost of a window."""
_BISECTIONS: Final = 40
_FAR: Final = -6.0


@dataclass(frozen=True, slots=True)
class Window:
    """One measurement with all users.

    Attributes:
        log_cpus: Logarithm of the normalized CPU limit.
        holds: Whether the users were held.
    """

    log_cpus: float
    holds: bool


def normalized_cpus(data: ReportData, route: str, limits: Limits) -> float | None:
    """Normalized cores of one replica at which the users are held with a probability of one half.

    The most likely such value is found with a probit model of known deviation:
    https://en.wikipedia.org/wiki/Probit_model.

    Args:
        data: All trials.
        route: The route whose trials count.
        limits: The limits that were found, of which the memory is enough.

    Returns:
        The cores; None unless some windows held and others did not.
    """
    users, memory_mib = data.spec.users, limits.memory_mib
    windows = [
        window
        for trial, verdict in data.trials
        if trial.via == route and (window := _window(trial, verdict, users, memory_mib))
    ]
    held = [window.holds for window in windows]
    if all(held) or not any(held):
        return None
    # The slope decreases everywhere: it is positive below all windows and negative above them.
    lowest = min(window.log_cpus for window in windows) - 1
    highest = max(window.log_cpus for window in windows) + 1
    for _ in range(_BISECTIONS):
        middle = (lowest + highest) / 2
        if sum(_slope(window, middle) for window in windows) > 0:
            lowest = middle
        else:
            highest = middle
    return math.exp(lowest)


def _window(trial: TrialResult, verdict: Verdict, users: int, memory_mib: int) -> Window | None:
    """The last window of a trial; None when its verdict does not depend on the CPU alone."""
    if not trial.steps or trial.limits.replicas != 1 or trial.kind is TrialKind.OPEN:
        return None
    last = trial.steps[-1]
    cost = generator_us(last)
    if last.users_planned != users or not cost:
        return None
    holds = isinstance(verdict, Holds)
    # What holds with less memory holds with more; what fails with less may have failed because of the memory.
    slow = isinstance(verdict, Fails) and verdict.resource is Resource.SPEED and trial.limits.memory_mib >= memory_mib
    return Window(math.log(trial.limits.cpus * REFERENCE_US / cost), holds) if holds or slow else None


def _slope(window: Window, threshold: float) -> float:
    """Derivative of the window's log-likelihood by the threshold, up to a factor."""
    sign = 1 if window.holds else -1
    distance = sign * (window.log_cpus - threshold) / _DEVIATION
    if distance < _FAR:
        # The asymptote of the ratio below, whose denominator rounds to zero.
        return sign * distance
    density = math.exp(-(distance**2) / 2) / math.sqrt(2 * math.pi)
    return -sign * density / (math.erfc(-distance / math.sqrt(2)) / 2)
