"""The staircase as Locust wants it: a shape that is asked every second how many users there should be."""

from __future__ import annotations

from typing import ClassVar

from locust import LoadTestShape
from locust.runners import MasterRunner, Runner

from load.scenario import Stage, Steps


class StepsShape(LoadTestShape):
    """Adds the same number of users at each step, as fast as the workers can without hurting the figures."""

    abstract = True
    steps: ClassVar[Steps]

    def __init__(self) -> None:
        """Start at the foot of the stairs."""
        super().__init__()  # type: ignore[no-untyped-call]  # Locust leaves it without annotations
        self._stage: Stage | None = None
        self._rate = 0.0

    def reset_time(self) -> None:
        """Go back to the foot of the stairs: Locust keeps one shape for all runs."""
        super().reset_time()  # type: ignore[no-untyped-call]  # as above
        self._stage = None

    def tick(self) -> tuple[int, float] | None:
        """Users that should be there now and how many a second to start; None ends the run."""
        elapsed = self.get_run_time()  # type: ignore[no-untyped-call]  # as above
        stage = Stage() if self._stage is None else self.steps.stage_at(elapsed, self._stage)
        if stage is None:
            return None
        # The rate stays as it was for this step: Locust would take a changed one for a new stage.
        if stage != self._stage:
            self._stage = stage
            self._rate = self.steps.spawn_rate(worker_count(self.runner))
        return self.steps.users_on(stage.step), self._rate


def worker_count(runner: Runner | None) -> int:
    """Processes that start users: the workers of a master, or the one process of a run without a master."""
    return runner.worker_count if isinstance(runner, MasterRunner) else 1
