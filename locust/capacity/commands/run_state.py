"""The course of a run: what was found so far, and the findings that come of it."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final, TypeVar

from capacity.commands.open_loop import open_check
from capacity.measure.host_info import host_info
from capacity.model.search_result import SearchResult
from capacity.model.spec import SearchSpec
from capacity.report import data, mapping
from capacity.report.data import Replicas
from capacity.report.trial_record import Sentence, TrialRecord

_PACKAGES: Final = ("locust", "numpy")

Told = TypeVar("Told", data.Answer, TrialRecord)
"""What the report tells with its limits."""


def now() -> str:
    """The time as an ISO date and time."""
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class RunState:
    """What was found so far.

    Attributes:
        trials: Each with its verdict, in order.
        answers: By way.
        left_out: What was not measured, and why.
        digests: Of the images that were measured.
        limited: What could be limited: `cpu`, `memory`.
        started_at: When it began.
    """

    trials: list[mapping.Judged] = field(default_factory=list)
    answers: dict[str, SearchResult] = field(default_factory=dict)
    left_out: list[Sentence] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    limited: frozenset[str] = frozenset({"cpu", "memory"})
    started_at: str = field(default_factory=now)

    def findings(self, questions: tuple[SearchSpec, ...], engine: str, command: str) -> data.ReportData:
        """What the report is written from.

        Args:
            questions: One for each way.
            engine: What ran the containers, with its version.
            command: What was typed.
        """
        first = questions[0]
        through = self.answers.get("gateway")
        return data.ReportData(
            question=data.SearchSpec(
                users=first.users, step=first.step_users, slo=first.slo, via=tuple(one.via for one in questions)
            ),
            answers=tuple(self._free(mapping.via_answer(via, answer)) for via, answer in self.answers.items()),
            trials=tuple(self._free(mapping.trial_record(*judged)) for judged in self.trials),
            held_without_limits="cpu" not in self.limited and any(one.minimum for one in self.answers.values()),
            replicas=self._replicas(through) if through and first.replicas else (),
            largest_rate=mapping.largest_rate(self.trials, self.answers),
            open_check=open_check(self.trials),
            left_out=tuple(self.left_out),
            machine=host_info(engine),
            versions={"Python": platform.python_version(), **{name: version(name) for name in _PACKAGES}},
            digests=self.digests,
            commands=(command,),
            started_at=self.started_at,
            ended_at=now(),
        )

    def _replicas(self, through: SearchResult) -> tuple[Replicas, ...]:
        """Those behind the gateway: the same limits may have been tried the other way as well."""
        return mapping.replica_rows(through, [each for each in self.trials if each[0].via == "gateway"])

    def _free(self, told: Told) -> Told:
        """The same without the limits that could not be set."""
        return replace(
            told,
            cpus=told.cpus if "cpu" in self.limited else None,
            memory_mib=told.memory_mib if "memory" in self.limited else None,
        )
