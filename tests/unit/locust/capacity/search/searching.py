"""A whole search on a server that is a formula."""

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
from tests.unit.locust.capacity.trial.laboratory import SyntheticLaboratory


@dataclass
class UnkeptProbe:
    """Asks a laboratory without a journal."""

    laboratory: SyntheticLaboratory
    judge: SloEvaluator = field(default_factory=SloEvaluator)

    def descend(self, limits: Limits, users: int) -> Verdict:
        """Hold."""
        return self.judge.trial(self.laboratory.measure(TrialSpec(TrialKind.SHORT, limits, users)))

    def confirm(self, limits: Limits, users: int) -> Verdict:
        """Climb."""
        return self.judge.trial(self.laboratory.measure(TrialSpec(TrialKind.RAMP, limits, users)))


def search(laboratory: SyntheticLaboratory) -> SearchResult:
    """Search without keeping anything."""
    [*_, answer] = Search(laboratory.question, UnkeptProbe(laboratory), enter=lambda _: None).run()
    return answer


def kept_search(laboratory: SyntheticLaboratory, path: Path, lines: list[str] | None = None) -> SearchResult:
    """Search with a journal, and say what happens into a list."""
    said = [] if lines is None else lines
    progress = Progress(laboratory.question, said.append, [], hold_seconds=12, staircase_seconds=100)
    with TrialLog.open(path, laboratory.question) as journal:
        probe = LoggedTrialClient(laboratory, journal, SloEvaluator(), progress.saw)
        [*_, answer] = Search(laboratory.question, probe, progress.enter).run()
    return answer
