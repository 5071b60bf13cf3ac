"""A whole search of a synthetic server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from capacity.model.limits import Limits
from capacity.model.search_result import SearchResult
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.trial import TrialKind, TrialSpec
from capacity.model.verdict import Verdict
from capacity.search.progress import Progress
from capacity.search.search import Search
from capacity.trial.client import LoggedTrialClient
from capacity.trial.log import TrialLog
from tests.unit.locust.capacity.trial.synthetic_runner import SyntheticRunner

SECONDS = {TrialKind.SHORT: 12, TrialKind.RAMP: 100, TrialKind.OPEN: 50}


@dataclass
class UnloggedClient:
    """Requests trials of a runner without a log."""

    runner: SyntheticRunner
    evaluator: SloEvaluator = field(default_factory=SloEvaluator)

    def short_test(self, limits: Limits, users: int) -> Verdict:
        """Make a short test."""
        return self.evaluator.trial(self.runner.measure(TrialSpec(TrialKind.SHORT, limits, users)))

    def ramp(self, limits: Limits, users: int) -> Verdict:
        """Make a ramp."""
        return self.evaluator.trial(self.runner.measure(TrialSpec(TrialKind.RAMP, limits, users)))


def search(runner: SyntheticRunner) -> SearchResult:
    """Search without a log."""
    [*_, result] = Search(runner.spec, UnloggedClient(runner), enter=lambda _: None).run()
    return result


def ignore(_line: str) -> None:
    """Receives a line of progress."""


def logged_search(runner: SyntheticRunner, path: Path, lines: list[str] | None = None) -> SearchResult:
    """Search with a log, and append the lines of progress to a list."""
    progress = Progress(runner.spec, ignore if lines is None else lines.append, [], seconds=SECONDS)
    with TrialLog.open(path, runner.spec) as log:
        client = LoggedTrialClient(runner, log, SloEvaluator(), progress.record)
        [*_, result] = Search(runner.spec, client, progress.enter).run()
    return result
