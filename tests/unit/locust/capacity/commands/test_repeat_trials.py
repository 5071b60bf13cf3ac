"""Repeated ramps with given limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from capacity.commands.repeat_trials import FILE, RepeatTrialsOptions, repeat_trials
from capacity.generator.interface import LoadGenerator
from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Fails, Holds
from capacity.report.localized import Localized
from tests.unit.locust.capacity.clock import ManualClock
from tests.unit.locust.capacity.generator.steady_generator import steady_load_generator
from tests.unit.locust.capacity.target.recorded_target import RecordedTarget


@dataclass
class RecordedEnvironment:
    """A recorded target, with users that are only recorded, on a clock that does not wait.

    Attributes:
        latency_ms: Latency by the number of users.
        target: The system under test.
    """

    latency_ms: Callable[[int], float]
    target: RecordedTarget = field(default_factory=RecordedTarget)
    digests: dict[str, str] = field(default_factory=dict)
    engine: str = "none"
    limited: frozenset[str] = frozenset()

    def generator(self, route: str, variables: dict[str, str]) -> AbstractContextManager[LoadGenerator]:
        """A steady generator."""
        assert (route, variables) == ("direct", {"LOCUST_USER": "lean"})
        return steady_load_generator(self.latency_ms, ManualClock())

    def evaluator(self, slo: Slo, route: str) -> SloEvaluator:
        """Without a gateway."""
        assert route == "direct"
        return SloEvaluator(slo)

    def possible(self, spec: SearchSpec) -> SearchSpec:
        """The same."""
        return spec

    def effective(self, limits: Limits) -> Limits:
        """The same."""
        return limits

    def left_out(self) -> list[Localized]:
        """Empty."""
        return []


def _options(folder: Path) -> RepeatTrialsOptions:
    spec = SearchSpec(users=200, step_users=100, replicas=(), via="direct")
    return RepeatTrialsOptions(spec, Limits(0.1, 960), 2, 0.5, "", "", folder / "new")


def test_each_trial_is_written_with_its_last_step(tmp_path: Path) -> None:
    """One line in the file and one of progress for each."""
    environment = RecordedEnvironment(lambda _: 5)
    lines_of_progress: list[str] = []
    assert repeat_trials(environment, _options(tmp_path), lines_of_progress.append) == [Holds(), Holds()]

    lines = [json.loads(line) for line in (tmp_path / "new" / FILE).read_text().splitlines()]
    assert [(line["holds"], line["step"]["users_planned"], line["via"]) for line in lines] == [
        (True, 200, "direct")
    ] * 2
    assert lines[0]["limits"] == {"cpus": 0.1, "memory_mib": 960, "replicas": 1}
    assert environment.target.calls[0] == "restart 0.1 960"
    assert [line.partition(":")[0] for line in lines_of_progress] == ["1 of 2", "2 of 2"]


def test_failed_trial_is_written_with_its_failed_step(tmp_path: Path) -> None:
    """The other trials are made all the same."""
    verdicts = repeat_trials(
        RecordedEnvironment(lambda users: 900 if users == 100 else 5), _options(tmp_path), lambda _: None
    )

    assert all(isinstance(verdict, Fails) for verdict in verdicts)
    lines = [json.loads(line) for line in (tmp_path / "new" / FILE).read_text().splitlines()]
    assert [(line["holds"], line["step"]["users_planned"]) for line in lines] == [(False, 100)] * 2
    assert lines[0]["verdict"] == "fails at step 1 with 100 users: p99 of 900 ms; 250 ms are allowed"
