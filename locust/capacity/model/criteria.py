"""The criteria of the load test: the value of each in a step, its limit, and its words in both languages.

A new criterion is a member of `Criterion` and its entry in `CRITERIA`; every verdict and report then has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Final

from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.step import Step


class Criterion(StrEnum):
    """The name of a criterion, as in the report's files."""

    OOM = "oom"
    DEATH = "death"
    MEMORY = "memory"
    FAILURES = "failures"
    RATE = "rate"
    P99 = "p99"


class Resource(Enum):
    """What a replica that fails by a criterion needs more of."""

    MEMORY = auto()
    """More CPU does not help. No measuring error causes such a failure, so nothing around the API excuses it."""
    SPEED = auto()
    """More CPU helps; a short stall of the machine can cause it as well."""
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionRule:
    """How a criterion is tested and described.

    Attributes:
        value: Its value in a step.
        allowed: The largest value that holds.
        is_minimum: Whether `allowed` is the smallest value that holds instead.
        resource: What is short when it fails.
        es: Spanish words, with `{seen}` and, where it helps, `{allowed}`.
        en: The same in English.
        digits: Decimals of both.
    """

    value: Callable[[Step], float]
    allowed: Callable[[Slo, Step, Limits], float]
    is_minimum: bool = False
    resource: Resource
    es: str
    en: str
    digits: int = 0

    def holds(self, value: float, allowed: float) -> bool:
        """Whether a value is within its limit."""
        return value >= allowed if self.is_minimum else value <= allowed


def _required_rate(slo: Slo, step: Step, _limits: Limits) -> float:
    if step.seconds:
        return slo.required_rate(step.users_planned, step.seconds)
    return slo.achieved_share * step.offered


CRITERIA: Final[Mapping[Criterion, CriterionRule]] = {
    Criterion.OOM: CriterionRule(
        value=lambda step: step.oom_kills,
        allowed=lambda _slo, _step, _limits: 0,
        resource=Resource.MEMORY,
        es="la memoria se llenó y el kernel terminó procesos ({seen})",
        en="the memory was full and the kernel ended processes ({seen})",
    ),
    Criterion.DEATH: CriterionRule(
        value=lambda step: step.deaths,
        allowed=lambda _slo, _step, _limits: 0,
        resource=Resource.MEMORY,
        es="terminaron contenedores ({seen})",
        en="containers ended ({seen})",
    ),
    Criterion.MEMORY: CriterionRule(
        value=lambda step: step.api_memory_peak_mib,
        allowed=lambda slo, _step, limits: slo.memory_share * limits.memory_mib,
        resource=Resource.MEMORY,
        es="la memoria llegó a {seen} MiB; se admiten {allowed}",
        en="the memory reached {seen} MiB; {allowed} are allowed",
        digits=1,
    ),
    Criterion.FAILURES: CriterionRule(
        value=lambda step: step.failed,
        allowed=lambda slo, _step, _limits: slo.failures,
        resource=Resource.UNKNOWN,
        es="{seen} peticiones fallidas; se admiten {allowed}",
        en="{seen} requests failed; {allowed} are allowed",
    ),
    Criterion.RATE: CriterionRule(
        value=lambda step: step.achieved,
        allowed=_required_rate,
        is_minimum=True,
        resource=Resource.SPEED,
        es="{seen} respuestas buenas por segundo; hacían falta {allowed}",
        en="{seen} good answers per second; {allowed} were needed",
    ),
    Criterion.P99: CriterionRule(
        value=lambda step: step.p99_ms,
        allowed=lambda slo, _step, _limits: slo.p99_ms,
        resource=Resource.SPEED,
        es="p99 de {seen} ms; se admiten {allowed} ms",
        en="p99 of {seen} ms; {allowed} ms are allowed",
    ),
}
"""In the order of their tests: the first that fails is the verdict."""
