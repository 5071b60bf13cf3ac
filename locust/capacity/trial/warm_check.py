"""Calm: all users are there, and what holds has held for a moment."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from capacity.generator.interface import LoadGenerator
from capacity.model.slo import Slo
from capacity.trial.sampler import GRACE_SECONDS, Sampler

_MOMENT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class WarmCheck:
    """Looks whether no queue is left from before.

    Attributes:
        crowd: The users.
        observer: Knows how many senders stand for them.
        slo: What holds.
    """

    crowd: LoadGenerator
    observer: Sampler
    slo: Slo

    def is_there(self, users: int) -> bool:
        """Look once."""
        if self.crowd.current_users() != self.observer.senders(users):
            return False
        ended = time.time() - GRACE_SECONDS
        seen = self.crowd.responses(ended - _MOMENT_SECONDS, ended)
        enough = seen.achieved >= self.slo.due(users, _MOMENT_SECONDS)
        return enough and not seen.failures and seen.p99_ms <= self.slo.p99_ms

    def wait(self, users: int, seconds: float) -> None:
        """Wait so long at most: what never gets calm fails with all there is, or says nothing as users are missing."""
        deadline = time.monotonic() + seconds
        while not self.is_there(users) and time.monotonic() < deadline:
            time.sleep(_MOMENT_SECONDS / 2)
