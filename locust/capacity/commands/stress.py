"""The verdict of a stress test: good answers under overload, and the recovery afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.model.verdict import Holds

MIN_GOODPUT: Final = 0.7
"""The smallest part of the best goodput at the highest rate: less is a collapse."""
MAX_RECOVERY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class StressVerdict:
    """The verdict of a stress test.

    Attributes:
        best: The most good answers per second at any rate.
        overloaded: Good answers per second at the highest rate.
        offered: The highest rate.
        recovery_seconds: From the end of the overload until a step holds; None when none did.
        deaths: Containers that ended.
    """

    best: float
    overloaded: float
    offered: float
    recovery_seconds: float | None
    deaths: int

    @property
    def overload(self) -> float:
        """The highest rate in multiples of the best goodput."""
        return self.offered / self.best if self.best else 0.0

    @property
    def holds(self) -> bool:
        """Whether the goodput did not collapse, no container ended, and the recovery was in time."""
        steady = self.best > 0 and self.overloaded >= MIN_GOODPUT * self.best
        recovered = self.recovery_seconds is not None and self.recovery_seconds <= MAX_RECOVERY_SECONDS
        return steady and recovered and not self.deaths

    @property
    def sentence(self) -> str:
        """In words."""
        kept = self.overloaded / self.best if self.best else 0.0
        recovery = (
            "did not recover" if self.recovery_seconds is None else f"recovered after {self.recovery_seconds:.1f} s"
        )
        return (
            f"{'holds' if self.holds else 'fails'}: at {self.offered:,.0f} requests per second, {self.overload:.1f} "
            f"times the best goodput of {self.best:,.0f}, {kept:.0%} of it is left; {self.deaths} containers ended; "
            f"{recovery}"
        )


def evaluate_stress(
    rising: Sequence[Step], recovering: Sequence[Step], evaluator: SloEvaluator, limits: Limits
) -> StressVerdict:
    """Evaluate the overload and the recovery; only the recovery has to meet all criteria.

    Args:
        rising: A step for each rate, the highest last.
        recovering: Short steps at a low rate, from the moment in which the overload ended.
        evaluator: Evaluates the steps of the recovery.
        limits: The limits that they were measured with.
    """
    seconds = 0.0
    recovery = None
    for number, step in enumerate(recovering, start=1):
        if isinstance(evaluator.step(step, number, limits), Holds):
            recovery = seconds
            break
        seconds += step.seconds
    return StressVerdict(
        best=max(step.achieved for step in rising),
        overloaded=rising[-1].achieved,
        offered=rising[-1].offered,
        recovery_seconds=recovery,
        deaths=sum(step.deaths + step.oom_kills for step in (*rising, *recovering)),
    )
