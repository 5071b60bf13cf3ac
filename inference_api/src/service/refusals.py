"""Remembers a version that was refused, so that it is not fetched again at every look."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from src.errors import ModelRefusedError

_LONGEST_PAUSE_SECONDS: Final = 300.0


@dataclass(slots=True)
class Refusal:
    """A version that was refused, and when to try it again.

    Attributes:
        place: The version's folder in the cache, which names it.
        error: Why it was refused.
        pause: Seconds from this refusal to the next try.
        retry_at: The loop's time of that try.
    """

    place: Path
    error: ModelRefusedError
    pause: float
    retry_at: float


class Refusals:
    """The version that was refused last: tried again at longer and longer pauses."""

    def __init__(self, first_pause: float) -> None:
        """Nothing was refused yet.

        Args:
            first_pause: Seconds until a version is tried for the second time.
        """
        self._first_pause = first_pause
        self.last: Refusal | None = None

    def respect(self, place: Path) -> None:
        """Let a version pass unless it is too early to try it again.

        Raises:
            ModelRefusedError: The reason of its last refusal.
        """
        last = self.last
        if last and last.place == place and asyncio.get_running_loop().time() < last.retry_at:
            raise last.error

    def remember(self, place: Path, error: ModelRefusedError) -> None:
        """Keep the reason, and set the time of the next try."""
        pause = self._first_pause
        if self.last is not None and self.last.place == place:
            pause = min(self.last.pause * 2, _LONGEST_PAUSE_SECONDS)
        self.last = Refusal(place, error, pause, asyncio.get_running_loop().time() + pause)

    def forget(self) -> None:
        """The alias points at a version that serves."""
        self.last = None
