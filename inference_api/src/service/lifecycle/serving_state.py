"""The state of the service: written by the watcher, read by requests."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime

from src.errors import NotReadyError
from src.failure_log import FailureLog
from src.service.challenger.challenger import Challenger
from src.service.challenger.status import ChallengerStatus
from src.service.drift.monitor import DriftMonitor
from src.service.prediction.batch_observer import BatchObserver
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction_log.prediction_log import PredictionLog


@dataclass(frozen=True, slots=True)
class ReloadError:
    """Why the last attempt to follow the alias failed.

    Attributes:
        detail: The reason.
        kind: The error's kind.
        at: When, UTC.
    """

    detail: str
    kind: str
    at: datetime


@dataclass(slots=True)
class ServingState:
    """The state of the service.

    Attributes:
        batcher: The current model's batcher, or None before the first.
        last_error: Why the last poll of the registry failed; None after a successful one.
        failures: Exceptions of the service itself that were logged.
        cache_problem: Why the model cache cannot be written; None when it can.
        challenger: The version beside the champion that may be asked; None without one.
        challenger_status: The state of the version that the challenger's alias points at; None when there is none.
        challenger_due: Set when the challenger has to be looked at before the next poll.
        drift: Compares the champion's rows with its training rows; None without their profile, or when turned off.
        shadow: Sends some of the champion's rows to the challenger as well; None without a challenger.
        prediction_log: Gets the answered requests; None when it is off.
    """

    batcher: MicroBatcher | None = None
    last_error: ReloadError | None = None
    failures: FailureLog = field(default_factory=FailureLog)
    cache_problem: str | None = None
    challenger: Challenger | None = None
    challenger_status: ChallengerStatus | None = None
    challenger_due: asyncio.Event = field(default_factory=asyncio.Event)
    drift: DriftMonitor | None = None
    shadow: BatchObserver | None = None
    prediction_log: PredictionLog | None = None

    def note_cache_problem(self, problem: str | None) -> None:
        """Store why the model cache cannot be written; None when it can."""
        self.cache_problem = problem

    def detach_challenger(self) -> None:
        """Ask the challenger no more until it is found to fit the champion."""
        self.challenger = self.shadow = None
        self.attach_observers()
        self.challenger_due.set()

    def challenger_of(self, batcher: MicroBatcher | None) -> Challenger | None:
        """The challenger for rows that this champion has validated; None when another one serves by now.

        Args:
            batcher: The champion's.
        """
        return self.challenger if batcher is self.batcher else None

    def attach_observers(self) -> None:
        """Give the current model's batches to the observers that there are now."""
        if self.batcher is not None:
            self.batcher.observers = tuple(observer for observer in (self.drift, self.shadow) if observer is not None)

    def waiting_rows(self) -> int:
        """Number of rows that wait for the current model."""
        return self.batcher.waiting_rows() if self.batcher else 0

    def current(self) -> MicroBatcher:
        """The current model's batcher.

        Raises:
            NotReadyError: When no model serves yet, with the reason.
        """
        if self.batcher is None:
            reason = self.last_error.detail if self.last_error else "the model is being loaded"
            raise NotReadyError(f"no model is serving yet: {reason}")
        return self.batcher
