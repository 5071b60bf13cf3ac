"""Everything that a capacity question brought to light: what the report is written from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from capacity.measure.host_info import HostInfo
from capacity.model.slo import Slo
from capacity.report.plain import load
from capacity.report.trial_record import UNSAID, Sentence, TrialRecord, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpec:
    """How many users, added how many at a time, under what objective, by which ways."""

    users: int = 10_000
    step: int = 500
    slo: Slo = field(default_factory=Slo)
    via: tuple[str, ...] = ("direct", "gateway")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The next smaller limits; `resource` (`cpu` or `memory`) is what was taken away."""

    resource: str
    cpus: float | None
    memory_mib: float | None
    reason: Sentence = UNSAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The smallest limits by one way; without `cpus` none were found. `repeats` is how often they held."""

    via: str
    cpus: float | None = None
    memory_mib: float | None = None
    verdict: Sentence = UNSAID
    repeats: int = 0
    rejected: tuple[Rejected, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """Some replicas that share `total_cpus`; `total_cost` is what they and the gateway used, in cores."""

    replicas: int
    total_cpus: float
    holds: bool | None = None
    p99_ms: float | None = None
    gateway_cores: float | None = None
    total_cost: float | None = None

    @property
    def verdict(self) -> Verdict:
        """Whether they hold; INVALID where that is not known."""
        if self.holds is None:
            return Verdict.INVALID
        return Verdict.HOLDS if self.holds else Verdict.FAILS


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestRate:
    """The most requests a second, under what limits, and what stopped it."""

    rate: float
    under: Sentence = UNSAID
    stopped_by: Sentence = UNSAID


@dataclass(frozen=True, slots=True, kw_only=True)
class Percentiles:
    """Good answers a second, and their latency in milliseconds."""

    rate: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCheck:
    """The same rate with arrivals that wait for nobody, beside users that wait for their answers."""

    offered: float
    closed: Percentiles = Percentiles()
    open: Percentiles = Percentiles()
    sentence: Sentence = UNSAID


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """The answer and its evidence; every part but the question may be missing."""

    question: SearchSpec = SearchSpec()
    answers: tuple[Answer, ...] = ()
    trials: tuple[TrialRecord, ...] = ()
    replicas: tuple[Replicas, ...] = ()
    largest_rate: LargestRate | None = None
    held_without_limits: bool = False
    open_check: OpenCheck | None = None
    left_out: tuple[Sentence, ...] = ()
    machine: HostInfo = field(default_factory=HostInfo)
    versions: dict[str, str] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    commands: tuple[str, ...] = ()
    started_at: str = ""
    ended_at: str = ""

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ReportData:
        """From what `to_json` wrote."""
        return load(cls, data)
