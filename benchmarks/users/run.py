"""One run: what was asked for and what came of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.tables import figure

HEAD = (
    "Camino",
    "usuarios",
    "CPU",
    "MiB",
    "req/s ofrecidas",
    "req/s",
    "fallos",
    "p50 ms",
    "p95 ms",
    "p99 ms",
    "API",
    "gateway",
    "Locust",
    "µs/req",
    "memoria MiB (máx.)",
    "períodos frenados",
)


@dataclass(frozen=True, slots=True)
class UsersRun:
    """Figures of the hold only.

    Attributes:
        day: When it was, as an ISO date and time.
        via: `gateway` or `direct`.
        users: How many.
        cpus: The API container's quota.
        memory_mib: Its limit.
        seconds: Length of the window.
        offered: Requests a second that so many users would make if answers took no time.
        rate: Requests a second that were answered, failures included.
        failures: How many failed.
        p50_ms: Median.
        p95_ms: 95th percentile.
        p99_ms: 99th percentile.
        api_cores: CPU of the API container.
        gateway_cores: CPU of the gateway.
        locust_cores: CPU of the load generator.
        memory_used_mib: What the API used in the end, without page cache.
        memory_peak_mib: The most of the looks taken.
        throttled: Periods in which the quota stopped the API.
        periods: All periods.
    """

    day: str
    via: str
    users: int
    cpus: float
    memory_mib: float
    seconds: float
    offered: float
    rate: float
    failures: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    api_cores: float
    gateway_cores: float
    locust_cores: float
    memory_used_mib: float
    memory_peak_mib: float
    throttled: int
    periods: int

    def as_json(self) -> dict[str, Any]:
        """For the file of runs."""
        return asdict(self)

    def cells(self) -> tuple[str, ...]:
        """One row of the table."""
        return (
            self.via,
            figure(self.users),
            f"{self.cpus:g}",
            f"{self.memory_mib:g}",
            figure(self.offered),
            f"{figure(self.rate)} ({self.rate / self.offered:.0%})",
            str(self.failures),
            f"{self.p50_ms:g}",
            f"{self.p95_ms:g}",
            f"{self.p99_ms:g}",
            f"{self.api_cores:.3f}",
            f"{self.gateway_cores:.3f}",
            f"{self.locust_cores:.2f}",
            figure(self.api_cores / self.rate * 1e6 if self.rate else 0),
            f"{self.memory_used_mib:.0f} ({self.memory_peak_mib:.0f})",
            f"{self.throttled}/{self.periods}",
        )
