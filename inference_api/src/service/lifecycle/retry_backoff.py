"""Exponential backoff for a version that could not be loaded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from src.errors import ApiError, ModelRefusedError

MAX_PAUSE_SECONDS: Final = 300.0
"""For a version that was refused: it does not change, but its environment may."""
MAX_PAUSE_AFTER_FAILURE_SECONDS: Final = 30.0
"""For a temporary failure, such as that of the object store."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """The last failure.

    Attributes:
        folder: The version's folder in the cache, which identifies it.
        error: Why it does not serve.
        pause: Seconds between this failure and the next attempt.
        retry_at: Time of the next attempt, by the event loop's clock.
    """

    folder: Path
    error: ApiError
    pause: float
    retry_at: float


class RetryBackoff:
    """Limits the attempts for the version that failed last, each of which takes a process and a download."""

    def __init__(self, first_pause: float) -> None:
        """Start without a failure.

        Args:
            first_pause: Seconds between the first and the second attempt.
        """
        self._first_pause = first_pause
        self._last: _Failure | None = None

    def check(self, folder: Path) -> None:
        """Check that a version may be tried now.

        Raises:
            ApiError: Its last failure, when it is too early to try again.
        """
        last = self._last
        if last and last.folder == folder and asyncio.get_running_loop().time() < last.retry_at:
            raise last.error

    def failed(self, folder: Path, error: ApiError, longest: float | None = None) -> None:
        """Store the error, and double the pause before the next attempt, up to a limit.

        Args:
            folder: The version's folder in the cache.
            error: Why it does not serve.
            longest: The longest pause; unless given, it depends on the error.
        """
        if longest is None:
            longest = MAX_PAUSE_SECONDS if isinstance(error, ModelRefusedError) else MAX_PAUSE_AFTER_FAILURE_SECONDS
        pause = self._first_pause
        if self._last is not None and self._last.folder == folder:
            pause = max(self._first_pause, min(self._last.pause * 2, longest))
        self._last = _Failure(folder, error, pause, asyncio.get_running_loop().time() + pause)

    def reset(self) -> None:
        """Forget the failure: the version of the alias serves."""
        self._last = None
