"""The same staircase some times under given limits."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from capacity.commands.repeat_trials import FILE, RepeatTrialsOptions, run_series
from capacity.generator.interface import LoadGenerator
from capacity.model.limits import Limits
from capacity.model.spec import SearchSpec
from capacity.model.verdict import Fails, Holds
from capacity.report.localized import Localized
from tests.unit.locust.capacity.generator.steady_generator import steady_load_generator
from tests.unit.locust.capacity.target.recorded_target import RecordedTarget


@dataclass
class SmallWorld:
    """This process, with users who are written down only.

    Attributes:
        latency_ms: How long an answer takes, by the number of users.
        subject: What is measured.
    """

    latency_ms: Callable[[int], float]
    subject: RecordedTarget = field(default_factory=RecordedTarget)
    digests: dict[str, str] = field(default_factory=dict)
    engine: str = "none"
    limited: frozenset[str] = frozenset()

    def crowd(self, via: str, variables: dict[str, str]) -> AbstractContextManager[LoadGenerator]:
        """Users of a steady generator."""
        assert (via, variables) == ("direct", {"LOCUST_USER": "lean"})
        return steady_load_generator(self.latency_ms)

    def gateway_cores(self, via: str) -> None:
        """There is none."""
        assert via == "direct"

    def possible(self, question: SearchSpec) -> SearchSpec:
        """Everything."""
        return question

    def left_out(self) -> list[Localized]:
        """Nothing."""
        return []


def _options(folder: Path) -> RepeatTrialsOptions:
    question = SearchSpec(users=200, step_users=100, replicas=(), via="direct")
    return RepeatTrialsOptions(question, Limits(0.1, 960), 2, 0.5, "", "", folder / "new")


def test_each_trial_is_kept_with_its_last_step(tmp_path: Path) -> None:
    """A line for each of them, and one of progress."""
    world = SmallWorld(lambda _: 5)
    said: list[str] = []
    assert run_series(world, _options(tmp_path), said.append) == [Holds(), Holds()]

    lines = [json.loads(line) for line in (tmp_path / "new" / FILE).read_text().splitlines()]
    assert [(line["holds"], line["step"]["users_planned"], line["via"]) for line in lines] == [
        (True, 200, "direct")
    ] * 2
    assert lines[0]["limits"] == {"cpus": 0.1, "memory_mib": 960, "replicas": 1}
    assert world.subject.calls[0] == "restart 0.1 960"
    assert [line.partition(":")[0] for line in said] == ["1 of 2", "2 of 2"]


def test_what_does_not_hold_is_kept_at_the_step_where_it_failed(tmp_path: Path) -> None:
    """The series goes on: how often it holds is what it asks."""
    verdicts = run_series(SmallWorld(lambda users: 900 if users == 100 else 5), _options(tmp_path), lambda _: None)

    assert all(isinstance(verdict, Fails) for verdict in verdicts)
    lines = [json.loads(line) for line in (tmp_path / "new" / FILE).read_text().splitlines()]
    assert [(line["holds"], line["step"]["users_planned"]) for line in lines] == [(False, 100)] * 2
    assert lines[0]["verdict"] == "fails at step 1 with 100 users: p99 is 900 ms, 250 ms are allowed"
