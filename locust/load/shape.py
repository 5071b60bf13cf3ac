"""The ramp as a Locust shape: Locust calls it every second for the number of users."""

from __future__ import annotations

from typing import ClassVar

from locust import LoadTestShape
from locust.runners import MasterRunner, Runner

from load.scenario import Ramp, Stage


class RampShape(LoadTestShape):
    """Adds the same number of users at each step, as fast as the workers can without distorting the results."""

    abstract = True
    ramp: ClassVar[Ramp]

    def __init__(self) -> None:
        """Start before the first step."""
        super().__init__()  # type: ignore[no-untyped-call]  # Locust leaves it without annotations
        self._stage: Stage | None = None
        self._rate = 0.0

    def reset_time(self) -> None:
        """Go back to the first step: Locust uses one shape for all runs."""
        super().reset_time()  # type: ignore[no-untyped-call]  # as above
        self._stage = None

    def tick(self) -> tuple[int, float] | None:
        """The number of users now and how many to start per second; None ends the run."""
        elapsed = self.get_run_time()  # type: ignore[no-untyped-call]  # as above
        stage = Stage() if self._stage is None else self.ramp.stage_at(elapsed, self._stage)
        if stage is None:
            return None
        # The rate must not change within a step: Locust would take it for a new stage.
        if stage != self._stage:
            self._stage = stage
            self._rate = self.ramp.spawn_rate(worker_count(self.runner))
        return self.ramp.users_on(stage.step), self._rate


def worker_count(runner: Runner | None) -> int:
    """Processes that start users: the workers of a master, or 1 for a run without a master."""
    return runner.worker_count if isinstance(runner, MasterRunner) else 1
