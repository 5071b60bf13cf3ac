"""Past the limit and back: what is still answered under too much load, and how soon all is well again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.model.verdict import Holds

LEAST_GOODPUT: Final = 0.7
"""The least part of the best goodput that is left under the most load: less is a collapse."""
MOST_RECOVERY_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class StressVerdict:
    """What a stress shows.

    Attributes:
        best: The most good answers a second at any rate.
        overloaded: Those at the highest rate.
        offered: The highest rate.
        recovery_seconds: From the end of the load until the SLO holds again; None when it did not.
        deaths: Containers that ended.
    """

    best: float
    overloaded: float
    offered: float
    recovery_seconds: float | None
    deaths: int

    @property
    def overload(self) -> float:
        """How many times the best goodput was offered."""
        return self.offered / self.best if self.best else 0.0

    @property
    def holds(self) -> bool:
        """Whether nothing collapsed, nothing ended, and it came back in time."""
        steady = self.best > 0 and self.overloaded >= LEAST_GOODPUT * self.best
        back = self.recovery_seconds is not None and self.recovery_seconds <= MOST_RECOVERY_SECONDS
        return steady and back and not self.deaths

    @property
    def sentence(self) -> str:
        """In words."""
        kept = self.overloaded / self.best if self.best else 0.0
        back = "never" if self.recovery_seconds is None else f"{self.recovery_seconds:.1f} s"
        return (
            f"{'holds' if self.holds else 'fails'}: at {self.offered:,.0f} requests a second, {self.overload:.1f} "
            f"times the best goodput of {self.best:,.0f}, {kept:.0%} of it is left; {self.deaths} containers ended; "
            f"recovered after {back}"
        )


def judge_stress(rising: Sequence[Step], recovering: Sequence[Step], judge: SloEvaluator) -> StressVerdict:
    """Judge the way up and the way back.

    Args:
        rising: A step for each rate, the highest last.
        recovering: Short steps at a rate that is held easily, from the moment in which the load ended.
        judge: What has to hold again.
    """
    seconds = 0.0
    recovery = None
    for number, step in enumerate(recovering, start=1):
        if isinstance(judge.step(step, number), Holds):
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
