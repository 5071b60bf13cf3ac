"""The trials that a search requests: measured, or read from the log of an interrupted run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from capacity.model.verdict import Verdict
from capacity.trial.log import TrialLog


class TrialClient(Protocol):
    """Returns the verdicts of trials."""

    def short_test(self, limits: Limits, users: int) -> Verdict:
        """Measure these users for some seconds; they keep running for the next trial."""

    def ramp(self, limits: Limits, users: int) -> Verdict:
        """Start these users step by step, and measure each step."""


class TrialRunner(Protocol):
    """Makes trials."""

    def measure(self, trial: TrialSpec) -> TrialResult:
        """Make a trial."""


TrialListener = Callable[[TrialResult, Verdict, bool], None]
"""Receives each trial, its verdict, and whether it was read from the log."""


class LoggedTrialClient:
    """Reads trials from the log, makes and records those that it lacks, and evaluates both in the same way."""

    def __init__(self, runner: TrialRunner, log: TrialLog, evaluator: SloEvaluator, listener: TrialListener) -> None:
        """Use a runner for the trials that the log lacks."""
        self._runner = runner
        self._log = log
        self._evaluator = evaluator
        self._listener = listener

    def short_test(self, limits: Limits, users: int) -> Verdict:
        """Measure these users for some seconds."""
        return self._verdict(TrialSpec(TrialKind.SHORT, limits, users))

    def ramp(self, limits: Limits, users: int) -> Verdict:
        """Start these users step by step."""
        return self._verdict(TrialSpec(TrialKind.RAMP, limits, users))

    def open_loop(self, limits: Limits, users: int) -> Verdict:
        """Send requests at the rate of these users, whether or not earlier ones were answered."""
        return self._verdict(TrialSpec(TrialKind.OPEN, limits, users))

    def _verdict(self, trial: TrialSpec) -> Verdict:
        result = self._log.take(trial)
        from_log = result is not None
        if result is None:
            result = self._runner.measure(trial)
            self._log.append(result)
        verdict = self._evaluator.trial(result)
        self._listener(result, verdict, from_log)
        return verdict
