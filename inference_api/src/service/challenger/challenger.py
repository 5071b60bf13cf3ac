"""A verified version in a process of its own, which predicts beside the champion and cannot harm it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

from src.service.challenger.traffic import Traffic
from src.service.prediction.model import Outcome
from src.service.schema.validator import Row

PATIENCE_SECONDS: Final = 0.5
"""For the answer to a client; then the champion answers. The gateway takes a replica without a response in
GATEWAY_RETRY_SECONDS, a second or more, for one that does not run, and sends its requests to the others."""
ROWS_PER_CALL: Final = 1024
"""A request with more rows has as much time for each so many rows."""
TOO_LATE: Final = 5
"""Requests in a row without an answer in time, after which it is not asked for a while: each of them is slow."""
PAUSE_SECONDS: Final = 30.0


class ChallengerError(Exception):
    """The challenger has no outcomes: it is slow, busy, restarting or dead. Clients never see it."""


class ChallengerProcess(Protocol):
    """The process that has the challenger's model."""

    async def predict(self, rows: Sequence[Row], *, probabilities: bool) -> list[Outcome]:
        """As `Challenger.predict`."""
        ...


class Challenger:
    """A challenger that can be asked.

    Attributes:
        version: Its version in the registry.
        class_names: The names of its classes, in the order of its probabilities; None without probabilities.
        traffic: What it gets; replaced as a whole when the tags change.
    """

    def __init__(
        self,
        version: str,
        class_names: tuple[str, ...] | None,
        traffic: Traffic,
        process: ChallengerProcess,
        champion_seconds: float = 0.0,
    ) -> None:
        """Create it.

        Args:
            version: Its version in the registry.
            class_names: The names of its classes; None without probabilities.
            traffic: What it gets.
            process: Has its model.
            champion_seconds: Time of one call of the champion with one row; it may take twice as long.
        """
        self.version = version
        self.class_names = class_names
        self.traffic = traffic
        self._process = process
        self._patience = max(PATIENCE_SECONDS, 2 * champion_seconds)
        self._too_late = 0
        self._noted_at = 0.0
        self._asked_again_at = 0.0

    def problem(self) -> str | None:
        """Why it is not asked now; None when it is."""
        if asyncio.get_running_loop().time() >= self._asked_again_at:
            return None
        return (
            f"{TOO_LATE} times in a row it had no answer within {self._patience:g} s: it is not asked for "
            f"{PAUSE_SECONDS:g} s"
        )

    async def predict(self, rows: Sequence[Row], *, probabilities: bool = False) -> list[Outcome]:
        """Predict rows in the challenger's process.

        Args:
            rows: Validated by the champion's schema, which is the challenger's as well.
            probabilities: Whether the outcomes are `ClassProbabilities`; only with `class_names`.

        Returns:
            One outcome per row, in order.

        Raises:
            ChallengerError: When there are none in time.
        """
        if problem := self.problem():
            raise ChallengerError(problem)
        calls = len(rows) // ROWS_PER_CALL + 1
        start = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._patience * calls):
                outcomes = await self._process.predict(rows, probabilities=probabilities)
        except TimeoutError:
            self._note_too_late(start)
            raise ChallengerError("the challenger had no answer in time") from None
        self._too_late = 0
        return outcomes

    def _note_too_late(self, start: float) -> None:
        if start < self._noted_at:  # it waited for the same rows as the one that was counted
            return
        self._noted_at = asyncio.get_running_loop().time()
        self._too_late += 1
        if self._too_late >= TOO_LATE:
            self._too_late = 0
            self._asked_again_at = self._noted_at + PAUSE_SECONDS
