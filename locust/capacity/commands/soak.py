"""The verdict of a soak test: all users for a long time, and whether the memory grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.model.verdict import Holds, Verdict

_MIN_STEPS: Final = 4
_STANDARD_ERRORS: Final = 3.0
"""A slope counts as growth only when it is so many standard errors above the allowed one."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The change of memory with time.

    Attributes:
        mib_per_hour: The slope of a straight line through the steps.
        error: Its standard error.
    """

    mib_per_hour: float
    error: float

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Growth:
        """Fit steps of equal length by least squares, without the first quarter, in which caches fill.

        Raises:
            ValueError: When there are too few.
        """
        kept = steps[len(steps) // 4 :]
        if len(kept) < _MIN_STEPS:
            raise ValueError(f"{len(steps)} steps are too few to see memory grow")
        hours = np.cumsum([step.seconds for step in kept]) / 3600
        memory = np.array([step.api_memory_peak_mib for step in kept])
        centred = hours - hours.mean()
        slope = float((centred * memory).sum() / (centred**2).sum())
        residuals = memory - memory.mean() - slope * centred
        error = float(np.sqrt((residuals**2).sum() / (len(kept) - 2) / (centred**2).sum()))
        return cls(slope, error)

    def leaks(self, allowed: float) -> bool:
        """Whether it grows by significantly more than so many MiB per hour."""
        return self.mib_per_hour - _STANDARD_ERRORS * self.error > allowed


@dataclass(frozen=True, slots=True)
class SoakVerdict:
    """The verdict of a soak test.

    Attributes:
        steps: Number of steps.
        first: Verdict of the first step that did not hold; None when all did.
        growth: The change of memory.
        allowed: The most MiB per hour by which it may grow.
    """

    steps: int
    first: Verdict | None
    growth: Growth
    allowed: float

    @property
    def holds(self) -> bool:
        """Whether every step held and no memory leaks."""
        return self.first is None and not self.growth.leaks(self.allowed)

    @property
    def sentence(self) -> str:
        """In words."""
        if self.first is not None:
            return self.first.sentence
        size = f"memory grows by {self.growth.mib_per_hour:+.1f} ± {self.growth.error:.1f} MiB per hour"
        return f"leaks: {size}, {self.allowed:g} are allowed" if self.growth.leaks(self.allowed) else f"holds: {size}"


def evaluate_soak(steps: Sequence[Step], evaluator: SloEvaluator, limits: Limits, allowed: float) -> SoakVerdict:
    """Evaluate all steps of a soak test by all criteria, and the growth of memory.

    Args:
        steps: In order.
        evaluator: Evaluates each of them.
        limits: The limits that they were measured with.
        allowed: The most MiB per hour by which memory may grow.
    """
    verdicts = [evaluator.step(step, number, limits) for number, step in enumerate(steps, start=1)]
    first = next((verdict for verdict in verdicts if not isinstance(verdict, Holds)), None)
    return SoakVerdict(len(steps), first, Growth.of(steps), allowed)
