"""The verdict on measured steps: the criteria of the SLO, and whether the measurement was valid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from capacity.model.criteria import CRITERIA, Criterion, CriterionRule, Resource
from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.step import Step
from capacity.model.trial import TrialResult
from capacity.model.verdict import Fails, Holds, Invalid, Reason, Verdict

_GENERATOR_FAILURES: Final = frozenset({"network error OSError", "host name not found"})
"""Kinds of `failure.py` that the load generator itself causes.

Python has names for refused, reset and timed-out connections. With an address that was found, a plain OSError is a
lack of open files (EMFILE) or of ports (EADDRNOTAVAIL).
"""
_MEMORY_RULES: Final = [(key, rule) for key, rule in CRITERIA.items() if rule.resource is Resource.MEMORY]
_OTHER_RULES: Final = [(key, rule) for key, rule in CRITERIA.items() if rule.resource is not Resource.MEMORY]


@dataclass(frozen=True, slots=True)
class SloEvaluator:
    """Compares steps with the SLO, and with what a valid measurement is.

    Attributes:
        slo: The SLO.
        generator_share: The most of a core that a process of the load generator may use.
        gateway_cores: Cores that the gateway may use; None without a gateway, or when it has no limit.
        gateway_share: The part of them above which the gateway may be the cause of a failure.
        machine_steal: The stolen part of the machine's time above which its host may be the cause of a failure.
        machine_busy: The busy part of the machine's time above which the machine may be the cause of a failure.
    """

    slo: Slo = field(default_factory=Slo)
    generator_share: float = 0.85
    gateway_cores: float | None = None
    gateway_share: float = 0.95
    machine_steal: float = 0.05
    machine_busy: float = 0.98

    def trial(self, result: TrialResult) -> Verdict:
        """The verdict on a trial: that of its first step that does not hold, because its queue delays the next step.

        A lack of memory at any step comes first: no measuring error causes it, and it makes answers slow as well.
        """
        steps = list(enumerate(result.steps, start=1))
        for rule in _MEMORY_RULES:
            for number, step in steps:
                fails = self._first_failed([rule], step, number, result.limits)
                if fails is not None:
                    return fails
        for number, step in steps:
            verdict = self.step(step, number, result.limits)
            if not isinstance(verdict, Holds):
                return verdict
        reached = max((step.users_planned for step in result.steps), default=0)
        if reached < result.users:
            return Invalid(Reason.UNFINISHED, len(steps), reached, result.users)
        return Holds(result.steps[-1].api_cores, max(step.api_memory_peak_mib for step in result.steps))

    def step(self, step: Step, number: int, limits: Limits) -> Verdict:
        """The verdict on one step by all criteria.

        Args:
            step: The step.
            number: Its number in the trial, from 1.
            limits: The limits that it was measured with.
        """
        verdict = self._first_failed(_MEMORY_RULES, step, number, limits) or self._invalid_generator(step, number)
        if verdict is not None:
            return verdict
        fails = self._first_failed(_OTHER_RULES, step, number, limits)
        if fails is None:
            return Holds()
        # A busy machine or gateway can only cause failures; a step that holds in spite of it holds.
        return self._invalid_environment(step, number) or fails

    def _first_failed(
        self, rules: list[tuple[Criterion, CriterionRule]], step: Step, number: int, limits: Limits
    ) -> Fails | None:
        for criterion, rule in rules:
            value, allowed = rule.value(step), rule.allowed(self.slo, step, limits)
            if not rule.holds(value, allowed):
                return Fails(criterion, number, step.users_planned, value, allowed)
        return None

    def _invalid_generator(self, step: Step, number: int) -> Invalid | None:
        if step.users_present < step.users_planned:
            return Invalid(Reason.USERS_MISSING, number, step.users_present, step.users_planned)
        exhausted = sum(count for kind, count in step.failures.items() if kind in _GENERATOR_FAILURES)
        if exhausted:
            return Invalid(Reason.SOCKETS_EXHAUSTED, number, exhausted, 0)
        share = step.generator_cores / step.generator_processes
        if share > self.generator_share:
            return Invalid(Reason.GENERATOR_BUSY, number, share, self.generator_share)
        return None

    def _invalid_environment(self, step: Step, number: int) -> Invalid | None:
        if self.gateway_cores and step.gateway_cores > self.gateway_share * self.gateway_cores:
            share = step.gateway_cores / self.gateway_cores
            return Invalid(Reason.GATEWAY_BUSY, number, share, self.gateway_share)
        if step.machine_steal > self.machine_steal:
            return Invalid(Reason.MACHINE_STOLEN, number, step.machine_steal, self.machine_steal)
        if step.machine_busy > self.machine_busy:
            return Invalid(Reason.MACHINE_BUSY, number, step.machine_busy, self.machine_busy)
        return None
