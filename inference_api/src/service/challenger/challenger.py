"""A verified version in a process of its own, which predicts beside the champion and cannot harm it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from src.service.challenger.traffic import Traffic
from src.service.prediction.model import Outcome
from src.service.schema.validator import Row


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
        self, version: str, class_names: tuple[str, ...] | None, traffic: Traffic, process: ChallengerProcess
    ) -> None:
        """Create it.

        Args:
            version: Its version in the registry.
            class_names: The names of its classes; None without probabilities.
            traffic: What it gets.
            process: Has its model.
        """
        self.version = version
        self.class_names = class_names
        self.traffic = traffic
        self._process = process

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
        return await self._process.predict(rows, probabilities=probabilities)
