"""The progress of a search: trials done, and an estimate of those left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Verdict
from capacity.search.phase import Phase
from capacity.search.plan import PlannedPhase, planned_phases

ProgressCallback = Callable[[str], None]
"""Receives each line of progress."""


class Progress:
    """Writes a line for each trial."""

    def __init__(  # noqa: PLR0913 - what the estimate depends on
        self,
        spec: SearchSpec,
        callback: ProgressCallback,
        searches: list[Progress],
        *,
        seconds: Mapping[TrialKind, float],
        most_users: int | None = None,
        open_loop: bool = False,
    ) -> None:
        """Plan a search.

        Args:
            spec: What is searched.
            callback: Receives the lines.
            searches: The progress of all searches of a command, which a line sums up; this one is appended.
            seconds: Assumed duration of each kind of trial until one was made.
            most_users: The largest number of users to try beyond those of the specification; None for none.
            open_loop: Whether an open-loop trial follows the search.
        """
        searches.append(self)
        self._searches = searches
        self._spec = spec
        self._callback = callback
        self._assumed = seconds
        self._durations: dict[TrialKind, list[float]] = {kind: [] for kind in TrialKind}
        self.trials_done = 0
        self._phase = Phase.TOP
        self._current: Counter[TrialKind] = Counter()
        self._following = planned_phases(spec, most_users)
        if open_loop:
            self._following.append(PlannedPhase(Phase.OPEN, Counter({TrialKind.OPEN: 1})))

    def enter(self, phase: Phase) -> None:
        """Begin a phase: nothing is left of those before it, and it needs nothing if it was not planned."""
        self._phase = phase
        if phase is Phase.USERS:
            self._following = planned_phases(self._spec, None, all_users_hold=False)
        phases = [planned.phase for planned in self._following]
        self._current = Counter()
        if phase in phases:
            index = phases.index(phase)
            self._current = self._following[index].trials
            del self._following[: index + 1]

    def end(self) -> None:
        """Nothing is left."""
        self._current = Counter()
        self._following = []

    def record(self, result: TrialResult, verdict: Verdict, from_log: bool) -> None:  # noqa: FBT001 - a TrialListener
        """Count a trial and write its line."""
        self.trials_done += 1
        self._current[result.kind] = max(0, self._current[result.kind] - 1)
        if not from_log:
            self._durations[result.kind].append(result.seconds)
        source = " (kept from before)" if from_log else ""
        done = sum(each.trials_done for each in self._searches)
        left = sum(each.trials_left for each in self._searches)
        seconds = sum(each.seconds_left for each in self._searches)
        self._callback(
            f"[{done} done, about {left} left, {duration(seconds)}] {self._spec.via}, "
            f"{self._phase}: {result.spec}{source}: {verdict.sentence}"
        )

    @property
    def trials_left(self) -> int:
        """Estimated number of trials."""
        return self._left.total()

    @property
    def seconds_left(self) -> float:
        """Estimated duration, from the mean of the trials so far."""
        return sum(count * self._mean_seconds(kind) for kind, count in self._left.items())

    @property
    def _left(self) -> Counter[TrialKind]:
        return sum((planned.trials for planned in self._following), self._current.copy())

    def _mean_seconds(self, kind: TrialKind) -> float:
        durations = self._durations[kind]
        return sum(durations) / len(durations) if durations else self._assumed[kind]


def duration(seconds: float) -> str:
    """Whole minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
