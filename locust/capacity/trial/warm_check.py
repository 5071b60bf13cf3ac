"""The warm-up before a short test: all users run, and no queue of an earlier trial is left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from capacity.measure.clock import Clock
from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.verdict import Holds
from capacity.trial.sampler import Sampler

_WINDOW_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class WarmCheck:
    """Checks whether the last second holds.

    Attributes:
        sampler: Measures the users.
        evaluator: Evaluates the last second.
        clock: The clock.
    """

    sampler: Sampler
    evaluator: SloEvaluator
    clock: Clock

    def is_warm(self, users: int, limits: Limits) -> bool:
        """Whether all users run and the last second holds."""
        if not self.sampler.all_run(users):
            return False
        step = self.sampler.recent_step(users, _WINDOW_SECONDS)
        return isinstance(self.evaluator.step(step, 1, limits), Holds)

    def wait(self, users: int, limits: Limits, seconds: float) -> None:
        """Wait until it is warm, for so many seconds at most: if it never is, the trial itself shows why."""
        deadline = self.clock.monotonic() + seconds
        while not self.is_warm(users, limits) and self.clock.monotonic() < deadline:
            self.clock.sleep(_WINDOW_SECONDS / 2)
