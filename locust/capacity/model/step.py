"""A step of a trial: a number of users for some seconds, and its figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from capacity.model.slo import offered_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Figures of the time window of a step in which all of its users run.

    Attributes:
        users_planned: Planned number of users.
        users_present: The lowest number of users that ran.
        seconds: Length of the measurement.
        offered: Requests per second that the planned users would send if answers took no time.
        achieved: Good answers per second.
        p50_ms: Median latency of the good answers; 0 without good answers, as the next three.
        p95_ms: Their 95th percentile.
        p99_ms: Their 99th percentile.
        max_ms: Their maximum.
        failures: Failed requests by kind.
        api_cores: CPU of all replicas.
        gateway_cores: CPU of the gateway; 0 when the users do not go through it.
        generator_cores: CPU of the load generator.
        generator_processes: Processes that share the load generator's work evenly.
        api_memory_peak_mib: The most memory of any replica.
        throttled: Periods in which the CPU quota stopped a replica.
        periods: All periods.
        throttled_seconds: For how long it stopped them.
        oom_kills: Processes that the kernel ended because a replica's memory was full.
        deaths: Containers that ended or were restarted.
        machine_steal: Part of the machine's time that its host gave to others.
        machine_busy: Part of the machine's time in which its cores worked.
        looks: How often it was measured; all but the last measurement did not hold.
    """

    users_planned: int
    users_present: int
    seconds: float
    offered: float
    achieved: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    max_ms: float
    failures: dict[str, int]
    api_cores: float
    gateway_cores: float
    generator_cores: float
    generator_processes: int
    api_memory_peak_mib: float
    throttled: int
    periods: int
    throttled_seconds: float
    oom_kills: int
    deaths: int
    machine_steal: float
    machine_busy: float
    looks: int = 1

    @classmethod
    def not_started(cls, users: int, ooms: int) -> Self:
        """The step of a replica that did not start under its limits, before any user sent a request."""
        zeros = {each.name: 0 for each in fields(cls)}
        known = {"users_planned": users, "offered": offered_rate(users), "oom_kills": ooms, "deaths": 1}
        return cls(**{**zeros, **known, "failures": {}, "generator_processes": 1, "looks": 1})  # type: ignore[arg-type] # by name

    @property
    def failed(self) -> int:
        """Failed requests of all kinds."""
        return sum(self.failures.values())

    @property
    def throttled_share(self) -> float:
        """Part of the periods in which the CPU quota stopped a replica."""
        return self.throttled / self.periods if self.periods else 0.0

    @property
    def figures(self) -> str:
        """The most important figures, for a line of progress."""
        return (
            f"{self.achieved:,.0f} good answers per second, {self.failed} failed, p99 {self.p99_ms:.0f} ms, "
            f"{self.api_cores:.3f} cores, {self.api_memory_peak_mib:.0f} MiB"
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From the values of `to_json`."""
        return cls(**data)
