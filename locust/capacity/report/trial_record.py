"""Trials as the report shows them: limits, steps, verdict."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a trial."""

    HOLDS = "HOLDS"
    FAILS = "FAILS"
    INVALID = "INVALID"


@dataclass(frozen=True, slots=True)
class Sentence:
    """The same statement in the languages of the report."""

    es: str = ""
    en: str = ""

    def said(self, code: str) -> str:
        """In a language; in the other one if it is missing there."""
        return (self.en or self.es) if code == "en" else (self.es or self.en)


UNSAID = Sentence()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    """Some users for some seconds.

    Attributes:
        users: How many.
        offered: Requests a second they would make if answers took no time.
        achieved: Good answers a second.
        p50_ms: Median; None where nothing was answered, as for the others.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        max_ms: The slowest answer.
        failures: Failed requests by kind.
        api_cores: CPU of all replicas.
        gateway_cores: CPU of the gateway; 0 when the users go straight to the replicas.
        generator_cores: CPU of the load generator.
        memory_peak_mib: The most memory of any replica.
        throttled: Periods in which the CPU quota stopped a replica.
        periods: All periods.
        throttled_seconds: For how long it stopped them.
        oom_kills: Processes that the kernel ended because a replica's memory was full.
        deaths: Containers that ended or were restarted.
        machine_steal: Part of the machine's time that its host gave to others.
        machine_busy: Part of the machine's time in which its cores worked.
        looks: How often it was measured; all but the last time it did not hold.
    """

    users: int
    offered: float
    achieved: float
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None
    failures: dict[str, int] = field(default_factory=dict)
    api_cores: float | None = None
    gateway_cores: float | None = None
    generator_cores: float | None = None
    memory_peak_mib: float | None = None
    throttled: int = 0
    periods: int = 0
    throttled_seconds: float | None = None
    oom_kills: int = 0
    deaths: int = 0
    machine_steal: float | None = None
    machine_busy: float | None = None
    looks: int = 1

    @property
    def failed(self) -> int:
        """Failed requests of all kinds."""
        return sum(self.failures.values())

    @property
    def generator_us(self) -> float | None:
        """CPU microseconds of the load generator for a good answer; None without one."""
        return self.generator_cores / self.achieved * 1e6 if self.generator_cores and self.achieved else None

    @property
    def throttled_share(self) -> float | None:
        """Part of the periods in which the quota stopped a replica; None where no period was counted."""
        return self.throttled / self.periods if self.periods else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One trial.

    Attributes:
        cpus: Limit of each replica, in cores; None without a limit.
        memory_mib: Limit of each replica; None without a limit.
        replicas: How many.
        via: `gateway` or `direct`.
        kind: How the users came, such as `staircase` or `hold`.
        verdict: Its end.
        criterion: What decided, such as `p99`; empty when it holds.
        sentence: The same for people.
        steps: In order.
    """

    cpus: float | None
    memory_mib: float | None
    replicas: int = 1
    via: str = "gateway"
    kind: str = "staircase"
    verdict: Verdict = Verdict.INVALID
    criterion: str = ""
    sentence: Sentence = UNSAID
    steps: tuple[StepRecord, ...] = ()

    @property
    def last(self) -> StepRecord | None:
        """Its last step."""
        return self.steps[-1] if self.steps else None
