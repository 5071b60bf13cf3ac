"""The probe: how a search asks, whoever answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from capacity.model.verdict import Verdict
from capacity.trial.log import TrialLog


class TrialClient(Protocol):
    """Says whether limits hold."""

    def descend(self, limits: Limits, users: int) -> Verdict:
        """Hold these users for some seconds; they stay from one ask to the next."""

    def confirm(self, limits: Limits, users: int) -> Verdict:
        """Climb the whole staircase up to these users."""


class TrialRunner(Protocol):
    """Makes trials."""

    def measure(self, ask: TrialSpec) -> TrialResult:
        """Make one."""


Watch = Callable[[TrialResult, Verdict, bool], None]
"""Sees each trial, its verdict, and whether it was made before."""


class LoggedTrialClient:
    """Makes the trials that the journal does not have, keeps them, and judges all alike."""

    def __init__(self, laboratory: TrialRunner, journal: TrialLog, judge: SloEvaluator, watch: Watch) -> None:
        """TrialSpec a laboratory for what the journal does not have."""
        self._laboratory = laboratory
        self._journal = journal
        self._judge = judge
        self._watch = watch

    def descend(self, limits: Limits, users: int) -> Verdict:
        """Hold these users for some seconds."""
        return self._ask(TrialSpec(TrialKind.SHORT, limits, users))

    def confirm(self, limits: Limits, users: int) -> Verdict:
        """Climb the whole staircase up to these users."""
        return self._ask(TrialSpec(TrialKind.RAMP, limits, users))

    def arrive(self, limits: Limits, users: int) -> Verdict:
        """Let requests arrive at the rate of these users, whether or not any is answered."""
        return self._ask(TrialSpec(TrialKind.OPEN, limits, users))

    def _ask(self, ask: TrialSpec) -> Verdict:
        result = self._journal.recorded(ask)
        replayed = result is not None
        if result is None:
            result = self._laboratory.measure(ask)
            self._journal.keep(result)
        verdict = self._judge.trial(result)
        self._watch(result, verdict, replayed)
        return verdict
