"""What serves at the moment: the state that requests read and the watcher writes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from src.errors import NotReadyError
from src.failure_log import FailureLog
from src.service.prediction.micro_batcher import MicroBatcher


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
    """What serves at the moment.

    Attributes:
        batcher: The current model's batcher, or None before the first.
        last_error: Why the last look at the registry failed; None after a good one.
        failures: Which exceptions of the service itself were logged.
        cache_problem: Why versions are not kept in the model cache; None when they are.
    """

    batcher: MicroBatcher | None = None
    last_error: ReloadError | None = None
    failures: FailureLog = field(default_factory=FailureLog)
    cache_problem: str | None = None

    def note_cache_problem(self, problem: str | None) -> None:
        """Remember why the model cache cannot be written, or that it can."""
        self.cache_problem = problem

    def current(self) -> MicroBatcher:
        """The current model's batcher.

        Raises:
            NotReadyError: When no model serves yet; tells why.
        """
        if self.batcher is None:
            reason = self.last_error.detail if self.last_error else "the model is being loaded"
            raise NotReadyError(f"no model is serving yet: {reason}")
        return self.batcher
