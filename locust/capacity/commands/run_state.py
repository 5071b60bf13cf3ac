"""The state of a run: its results and trials so far."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

from capacity.measure.host_info import host_info
from capacity.model.search_result import SearchResult
from capacity.model.spec import SearchSpec
from capacity.report.data import JudgedTrial, ReportData
from capacity.report.localized import Localized

_PACKAGES: Final = ("locust", "numpy")


def now() -> str:
    """The time as an ISO date and time."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class RunState:
    """Results and trials so far.

    Attributes:
        trials: Each with its verdict, in order.
        results: By route.
        left_out: What was not measured, and why.
        digests: Of the images that were measured.
        limited: What could be limited: `cpu`, `memory`.
        started_at: When it began.
    """

    trials: list[JudgedTrial] = field(default_factory=list)
    results: dict[str, SearchResult] = field(default_factory=dict)
    left_out: list[Localized] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    limited: frozenset[str] = frozenset({"cpu", "memory"})
    started_at: str = field(default_factory=now)

    def report_data(self, specs: tuple[SearchSpec, ...], engine: str, command: str) -> ReportData:
        """The data of the report.

        Args:
            specs: One for each route.
            engine: What ran the containers, with its version.
            command: What was typed.
        """
        return ReportData(
            specs=specs,
            results=self.results,
            trials=tuple(self.trials),
            limited=self.limited,
            left_out=tuple(self.left_out),
            machine=host_info(engine),
            versions={"Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
            digests=self.digests,
            commands=(command,),
            started_at=self.started_at,
            ended_at=now(),
        )
