"""The need: the CPU from which users are held, told for an equal pace of the machine.

What a request costs changes by half within minutes on a shared machine, and the least limit that holds changes with it.
What it costs the load generator in the same window tells how much (`speed.py`), so limits are weighed by it before they
are compared: with runs, and with machines.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from capacity.model.trial import Kind
from capacity.model.verdict import Criterion
from capacity.report.trial_record import TrialRecord, Verdict

PACE_US: Final = 100.0
"""CPU microseconds of the generator for a request, to which every limit is brought."""
_SCATTER: Final = 0.05
"""Standard deviation of a window's pace, as a part of it: the generator's and the API's costs differ by so much."""
_HALVINGS: Final = 40
_FAR: Final = -6.0
_SLOWNESS: Final = frozenset({Criterion.RATE, Criterion.P99})


@dataclass(frozen=True, slots=True)
class Look:
    """One window with all users.

    Attributes:
        place: Logarithm of the cores of the limit, brought to the pace.
        holds: Whether they were held.
    """

    place: float
    holds: bool


def need_cpus(trials: Iterable[TrialRecord], via: str, users: int, memory_mib: float) -> float | None:
    """Cores of one instance from which the users are held, as likely as not, at `PACE_US`.

    The edge between windows that hold and windows that fail is the most likely one of a probit model with a known
    scatter: https://en.wikipedia.org/wiki/Probit_model.

    Args:
        trials: All of a search.
        via: The way that the users went.
        users: How many there are.
        memory_mib: Memory that is enough.

    Returns:
        The cores; None unless some windows held and others did not.
    """
    looks = [look for trial in trials if trial.via == via if (look := _look(trial, users, memory_mib))]
    held = [look.holds for look in looks]
    if all(held) or not any(held):
        return None
    # The slope falls all the way, from where all windows lie above to where all lie below.
    lowest, highest = min(look.place for look in looks) - 1, max(look.place for look in looks) + 1
    for _ in range(_HALVINGS):
        middle = (lowest + highest) / 2
        if sum(_slope(look, middle) for look in looks) > 0:
            lowest = middle
        else:
            highest = middle
    return math.exp(lowest)


def _look(trial: TrialRecord, users: int, memory_mib: float) -> Look | None:
    """What a trial says about CPU; None when that is nothing."""
    last = trial.last
    if last is None or last.users != users or not last.generator_us or not trial.cpus:
        return None
    if trial.replicas != 1 or trial.kind == Kind.OPEN:
        return None
    holds = trial.verdict is Verdict.HOLDS
    # What holds with less memory holds with more; what fails with less may have failed for want of it.
    if not holds and (trial.criterion not in _SLOWNESS or (trial.memory_mib or 0) < memory_mib):
        return None
    return Look(math.log(trial.cpus * PACE_US / last.generator_us), holds)


def _slope(look: Look, edge: float) -> float:
    """How much likelier a look gets when the edge moves up: the derivative of the logarithm, up to a factor."""
    sign = 1 if look.holds else -1
    distance = sign * (look.place - edge) / _SCATTER
    if distance < _FAR:
        # The ratio's asymptote, before the integral rounds to zero.
        return sign * distance
    density = math.exp(-(distance**2) / 2) / math.sqrt(2 * math.pi)
    return -sign * density / (math.erfc(-distance / math.sqrt(2)) / 2)
