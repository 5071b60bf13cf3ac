"""Durability: all users for a long time, and whether the memory grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.model.verdict import Holds, Verdict

_LEAST_LOOKS: Final = 4
_SURE: Final = 3.0
"""Standard errors that a slope has to be away from none."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How memory changes with time.

    Attributes:
        mib_per_hour: The slope of a straight line through the looks.
        error: Its standard error.
    """

    mib_per_hour: float
    error: float

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Growth:
        """Fit steps of equal length, by least squares; the first quarter is left out, in which caches fill.

        Raises:
            ValueError: When there are too few.
        """
        kept = steps[len(steps) // 4 :]
        if len(kept) < _LEAST_LOOKS:
            raise ValueError(f"{len(steps)} steps are too few to see memory grow")
        hours = np.cumsum([step.seconds for step in kept]) / 3600
        memory = np.array([step.api_memory_peak_mib for step in kept])
        centred = hours - hours.mean()
        slope = float((centred * memory).sum() / (centred**2).sum())
        rest = memory - memory.mean() - slope * centred
        error = float(np.sqrt((rest**2).sum() / (len(kept) - 2) / (centred**2).sum()))
        return cls(slope, error)

    def leaks(self, allowed: float) -> bool:
        """Whether it surely grows by more than that many MiB an hour."""
        return self.mib_per_hour - _SURE * self.error > allowed


@dataclass(frozen=True, slots=True)
class SoakVerdict:
    """What a soak shows.

    Attributes:
        steps: How many there were.
        first: The first step that did not hold, by its verdict; None when all did.
        growth: How the memory changed.
        allowed: The most MiB an hour that it may grow.
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
        size = f"memory grows by {self.growth.mib_per_hour:+.1f} ± {self.growth.error:.1f} MiB an hour"
        return f"leaks: {size}, {self.allowed:g} may" if self.growth.leaks(self.allowed) else f"holds: {size}"


def judge_soak(steps: Sequence[Step], judge: SloEvaluator, allowed: float) -> SoakVerdict:
    """Judge all steps of a soak.

    Args:
        steps: In order.
        judge: What has to hold in each.
        allowed: The most MiB an hour that memory may grow.
    """
    verdicts = [judge.step(step, number) for number, step in enumerate(steps, start=1)]
    first = next((verdict for verdict in verdicts if not isinstance(verdict, Holds)), None)
    return SoakVerdict(len(steps), first, Growth.of(steps), allowed)
