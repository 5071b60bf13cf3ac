"""A trial runner whose server is a formula, with simulated noise."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from capacity.model.slo import offered_rate
from capacity.model.spec import SearchSpec
from capacity.model.step import Step
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from tests.unit.locust.capacity.trial.servers import HOLD_SECONDS, SleepingServer

STEP_SECONDS = 5.0


class InterruptedRunError(Exception):
    """The run was interrupted during a trial."""


@dataclass
class SyntheticRunner:
    """Measures a server; the n-th trial of a seed always has the same noise.

    Attributes:
        server: The server.
        spec: The search, for the steps of its ramps.
        noise: Standard deviation of the capacity, as a part of the capacity.
        invalid: Part of the trials that are invalid.
        spoilt: Numbers of trials, from 1, that are invalid.
        seed: Seed of the noise.
        interrupt_at: Number of the trial, from 1, that does not end; 0 for none.
        trials: Trials that were made.
    """

    server: SleepingServer
    spec: SearchSpec
    noise: float = 0
    invalid: float = 0
    spoilt: frozenset[int] = frozenset()
    seed: int = 0
    interrupt_at: int = 0
    trials: list[TrialSpec] = field(default_factory=list)

    def measure(self, trial: TrialSpec) -> TrialResult:
        """Make a trial."""
        if self.interrupt_at == len(self.trials) + 1:
            self.interrupt_at = 0
            raise InterruptedRunError
        self.trials.append(trial)
        dice = random.Random(f"{self.seed} {len(self.trials)}")
        noisy = replace(self.server, rate_per_core=self.server.rate_per_core * dice.gauss(1, self.noise))
        stolen = dice.random() < self.invalid or len(self.trials) in self.spoilt
        steps = tuple(self._steps(noisy, trial, stolen=stolen))
        return TrialResult(
            kind=trial.kind,
            limits=trial.limits,
            users=trial.users,
            via=self.spec.via,
            started_at="2026-01-01T00:00:00+00:00",
            seconds=sum(step.seconds for step in steps) + 2,
            steps=steps,
        )

    def _steps(self, server: SleepingServer, trial: TrialSpec, *, stolen: bool) -> Iterable[Step]:
        if trial.kind is TrialKind.SHORT:
            counts, seconds = [trial.users], HOLD_SECONDS
        else:
            counts, seconds = [count for count in self.spec.counts if count <= trial.users], STEP_SECONDS
        requests = 0.0
        for users in counts:
            requests += offered_rate(users) * seconds
            step = server.step(trial.limits, users, seconds, requests)
            yield replace(step, machine_steal=0.4, p99_ms=step.p99_ms + 500) if stolen else step

    def ramp_requests(self) -> float:
        """Requests of a whole ramp."""
        return sum(offered_rate(users) * STEP_SECONDS for users in self.spec.counts)
