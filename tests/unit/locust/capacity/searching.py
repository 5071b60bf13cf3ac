"""A whole search on a server that is a formula."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from capacity.answer import Answer
from capacity.journal import Journal
from capacity.judge import Judge
from capacity.limits import Limits
from capacity.probe import JournaledProbe
from capacity.progress import Progress
from capacity.search import Search
from capacity.trial_result import Ask, Kind
from capacity.verdict import Verdict
from tests.unit.locust.capacity.laboratory import SyntheticLaboratory


@dataclass
class UnkeptProbe:
    """Asks a laboratory without a journal."""

    laboratory: SyntheticLaboratory
    judge: Judge = field(default_factory=Judge)

    def descend(self, limits: Limits, users: int) -> Verdict:
        """Hold."""
        return self.judge.trial(self.laboratory.measure(Ask(Kind.HOLD, limits, users)))

    def confirm(self, limits: Limits, users: int) -> Verdict:
        """Climb."""
        return self.judge.trial(self.laboratory.measure(Ask(Kind.STAIRCASE, limits, users)))


def search(laboratory: SyntheticLaboratory) -> Answer:
    """Search without keeping anything."""
    [*_, answer] = Search(laboratory.question, UnkeptProbe(laboratory), enter=lambda _: None).run()
    return answer


def kept_search(laboratory: SyntheticLaboratory, path: Path, lines: list[str] | None = None) -> Answer:
    """Search with a journal, and say what happens into a list."""
    said = [] if lines is None else lines
    progress = Progress(laboratory.question, said.append, [], hold_seconds=12, staircase_seconds=100)
    with Journal.open(path, laboratory.question) as journal:
        probe = JournaledProbe(laboratory, journal, Judge(), progress.saw)
        [*_, answer] = Search(laboratory.question, probe, progress.enter).run()
    return answer
