"""A laboratory whose servers are formulas, on a machine that is noisy on purpose."""

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


class InterruptedLaboratory(Exception):  # noqa: N818 - no error: somebody pressed Ctrl-C
    """The search ended in the middle of a trial."""


@dataclass
class SyntheticLaboratory:
    """Measures a server; the n-th trial of a seed always has the same noise.

    Attributes:
        server: What is measured.
        question: Of which search.
        noise: Standard deviation of the capacity, as a part of it.
        invalid: Part of the trials that the machine spoils.
        spoilt: Numbers of trials, from 1, that it spoils for certain.
        seed: Of the noise.
        interrupt_at: Number of the trial, from 1, that does not end; 0 for none.
        asked: Trials that were made.
    """

    server: SleepingServer
    question: SearchSpec
    noise: float = 0
    invalid: float = 0
    spoilt: frozenset[int] = frozenset()
    seed: int = 0
    interrupt_at: int = 0
    asked: list[TrialSpec] = field(default_factory=list)

    def measure(self, ask: TrialSpec) -> TrialResult:
        """Make a trial."""
        if self.interrupt_at == len(self.asked) + 1:
            self.interrupt_at = 0
            raise InterruptedLaboratory
        self.asked.append(ask)
        dice = random.Random(f"{self.seed} {len(self.asked)}")
        noisy = replace(self.server, rate_per_core=self.server.rate_per_core * dice.gauss(1, self.noise))
        stolen = dice.random() < self.invalid or len(self.asked) in self.spoilt
        steps = tuple(self._steps(noisy, ask, stolen=stolen))
        return TrialResult(
            kind=ask.kind,
            limits=ask.limits,
            users=ask.users,
            via=self.question.via,
            started_at="2026-01-01T00:00:00+00:00",
            seconds=sum(step.seconds for step in steps) + 2,
            steps=steps,
        )

    def _steps(self, server: SleepingServer, ask: TrialSpec, *, stolen: bool) -> Iterable[Step]:
        if ask.kind is TrialKind.SHORT:
            counts, seconds = [ask.users], HOLD_SECONDS
        else:
            counts, seconds = [count for count in self.question.counts if count <= ask.users], STEP_SECONDS
        requests = 0.0
        for users in counts:
            requests += offered_rate(users) * seconds
            step = server.step(ask.limits, users, seconds, requests)
            yield replace(step, machine_steal=0.4, p99_ms=step.p99_ms + 500) if stolen else step

    def staircase_requests(self) -> float:
        """Requests of a whole staircase with all users."""
        return sum(offered_rate(users) * STEP_SECONDS for users in self.question.counts)
