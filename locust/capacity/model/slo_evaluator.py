"""The judge: from figures to a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from capacity.model.slo import Slo
from capacity.model.step import Step
from capacity.model.trial import TrialResult
from capacity.model.verdict import Criterion, Fails, Holds, Invalid, Reason, Verdict

_OWN_FAILURES: Final = frozenset({"network error OSError", "host name not found"})
"""Kinds of `failure.py` that the load generator makes itself.

Python has names for refused, reset and timed-out connections; what stays a plain OSError is, with an address that was
found, a lack of files (EMFILE) or of ports (EADDRNOTAVAIL).
"""


@dataclass(frozen=True, slots=True)
class SloEvaluator:
    """Knows what has to hold, and what a healthy measurement is.

    Attributes:
        slo: What has to hold.
        generator_share: The most of a core that a process of the load generator may use.
        gateway_cores: Cores that the gateway may use in all; None without a gateway, or when it has no limit.
        gateway_share: The most of them before a failure is the gateway's.
        machine_steal: The most of the machine's time that may be stolen before a failure is its host's.
        machine_busy: The most of the machine's time before a failure is the machine's.
    """

    slo: Slo = field(default_factory=Slo)
    generator_share: float = 0.85
    gateway_cores: float | None = None
    gateway_share: float = 0.95
    machine_steal: float = 0.05
    machine_busy: float = 0.98

    def trial(self, result: TrialResult) -> Verdict:
        """Judge a trial: the first step that does not hold decides, because it leaves its queue to the next."""
        verdicts = [self.step(step, number) for number, step in enumerate(result.steps, start=1)]
        # No measuring error fills a replica's memory, and what is slow beside a full one is slow by it.
        for verdict in verdicts:
            if isinstance(verdict, Fails) and verdict.criterion in {Criterion.OOM, Criterion.DEATH}:
                return verdict
        allowed = self.slo.memory_share * result.limits.memory_mib
        for number, step in enumerate(result.steps, start=1):
            if step.api_memory_peak_mib > allowed:
                return Fails(Criterion.MEMORY, number, step.users_planned, step.api_memory_peak_mib, allowed)
        for verdict in verdicts:
            if not isinstance(verdict, Holds):
                return verdict
        reached = max((step.users_planned for step in result.steps), default=0)
        if reached < result.users:
            return Invalid(Reason.UNFINISHED, len(verdicts), reached, result.users)
        return Holds(result.steps[-1].api_cores, max(step.api_memory_peak_mib for step in result.steps))

    def step(self, step: Step, number: int) -> Verdict:
        """Judge one step, from 1: a trial may end early at the first that does not hold."""
        if step.oom_kills:
            return Fails(Criterion.OOM, number, step.users_planned, step.oom_kills, 0)
        if step.deaths:
            return Fails(Criterion.DEATH, number, step.users_planned, step.deaths, 0)
        invalid = self._generator(step, number)
        if invalid is not None:
            return invalid
        breach = self._breach(step, number)
        if breach is None:
            return Holds()
        # What holds on a busy machine holds; only a failure may be the machine's or the gateway's.
        return self._surroundings(step, number) or breach

    def _generator(self, step: Step, number: int) -> Invalid | None:
        if step.users_present < step.users_planned:
            return Invalid(Reason.USERS_MISSING, number, step.users_present, step.users_planned)
        exhausted = sum(count for kind, count in step.failures.items() if kind in _OWN_FAILURES)
        if exhausted:
            return Invalid(Reason.SOCKETS_EXHAUSTED, number, exhausted, 0)
        share = step.generator_cores / step.generator_processes
        if share > self.generator_share:
            return Invalid(Reason.GENERATOR_BUSY, number, share, self.generator_share)
        return None

    def _breach(self, step: Step, number: int) -> Fails | None:
        users = step.users_planned
        if step.failed > self.slo.failures:
            return Fails(Criterion.FAILURES, number, users, step.failed, self.slo.failures)
        due = self.slo.due(users, step.seconds) if step.seconds else self.slo.achieved_share * step.offered
        if step.achieved < due:
            return Fails(Criterion.RATE, number, users, step.achieved, due)
        if step.p99_ms > self.slo.p99_ms:
            return Fails(Criterion.P99, number, users, step.p99_ms, self.slo.p99_ms)
        return None

    def _surroundings(self, step: Step, number: int) -> Invalid | None:
        if self.gateway_cores and step.gateway_cores > self.gateway_share * self.gateway_cores:
            share = step.gateway_cores / self.gateway_cores
            return Invalid(Reason.GATEWAY_BUSY, number, share, self.gateway_share)
        if step.machine_steal > self.machine_steal:
            return Invalid(Reason.MACHINE_STOLEN, number, step.machine_steal, self.machine_steal)
        if step.machine_busy > self.machine_busy:
            return Invalid(Reason.MACHINE_BUSY, number, step.machine_busy, self.machine_busy)
        return None
