"""When a version that could not be made to serve is tried again: after longer and longer pauses."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from src.errors import ApiError, ModelRefusedError

MAX_PAUSE_SECONDS: Final = 300.0
"""A version that was refused is what it is; something outside of it may change all the same."""
MAX_PAUSE_AFTER_FAILURE_SECONDS: Final = 30.0
"""What failed may be the object store, which comes back."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """The last failure.

    Attributes:
        place: The version's folder in the cache, which names it.
        error: Why it does not serve.
        pause: Seconds from this failure to the next try.
        retry_at: The loop's time of that try.
    """

    place: Path
    error: ApiError
    pause: float
    retry_at: float


class RetryBackoff:
    """Remembers the version that failed last. Each try is a process and a download: not one at every poll."""

    def __init__(self, first_pause: float) -> None:
        """Nothing has failed yet.

        Args:
            first_pause: Seconds until a version is tried for the second time.
        """
        self._first_pause = first_pause
        self._last: _Failure | None = None

    def check(self, place: Path) -> None:
        """Let a version pass unless it is too early to try it again.

        Raises:
            ApiError: The reason of its last failure.
        """
        last = self._last
        if last and last.place == place and asyncio.get_running_loop().time() < last.retry_at:
            raise last.error

    def failed(self, place: Path, error: ApiError) -> None:
        """Keep the reason, and set the time of the next try: twice the pause before, up to a limit."""
        longest = MAX_PAUSE_SECONDS if isinstance(error, ModelRefusedError) else MAX_PAUSE_AFTER_FAILURE_SECONDS
        pause = self._first_pause
        if self._last is not None and self._last.place == place:
            pause = max(self._first_pause, min(self._last.pause * 2, longest))
        self._last = _Failure(place, error, pause, asyncio.get_running_loop().time() + pause)

    def reset(self) -> None:
        """The alias points at a version that serves."""
        self._last = None
