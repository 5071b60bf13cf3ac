"""Samples the rows that arrive and their predictions, and tells how far they are from the training data."""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from src.errors import ApiError
from src.service.drift.bins import BinCounter
from src.service.drift.sliding_counts import PARTS, SlidingCounts, WindowSize
from src.service.feature_profile import MAX_CATEGORY_LENGTH, FeatureProfile, NumberProfile
from src.service.prediction.model import Outcome
from src.service.prediction.outputs import Answer
from src.service.prediction.probabilities import ClassProbabilities
from src.service.schema.column import Column
from src.service.schema.validator import Row

logger = logging.getLogger(__name__)

ROWS_PER_SECOND: Final = 100
"""Most rows that are sampled in the long run."""
BURST_ROWS: Final = 1000
"""Most rows that are sampled at once, when few came before, so that a file that is sent in one request counts."""
COLUMNS_AT_FULL_RATE: Final = 20
"""With more columns, fewer rows are sampled, so that the number of values stays the same."""
VALUES_PER_PORTION: Final = 2000
"""Values that are counted without a pause of the event loop: takes about 0.2 ms."""
COUNT_SECONDS: Final = 1.0
"""Time between two looks for sampled rows."""


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What the window holds.

    Attributes:
        rows: Number of rows in it.
        since: When the first of them came, UTC; None without any.
        columns: The population stability index of each column; None without one.
        prediction: That of the predictions.
        missing_reason: Why figures are missing; empty when none is.
    """

    rows: int
    since: datetime | None
    columns: dict[str, float | None]
    prediction: float | None
    missing_reason: str


class DriftMonitor:
    """Observes the batches of one model version.

    Attributes:
        version: The version.
    """

    def __init__(
        self,
        version: str,
        columns: Sequence[Column],
        profile: FeatureProfile,
        size: WindowSize,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Start with an empty window.

        Args:
            version: The version of the model.
            columns: The model's columns.
            profile: Of its training rows; it fits the columns.
            size: The limits of the window.
            clock: Seconds, never going back.
        """
        self.version = version
        self._names = [column.name for column in columns]
        self._places = [place for place, name in enumerate(self._names) if name in profile.columns]
        profiles = [profile.columns[self._names[place]] for place in self._places]
        self._inputs = BinCounter(profiles, profile.rows) if profiles else None
        self._prediction = profile.prediction
        self._outputs = None if profile.prediction is None else BinCounter([profile.prediction], profile.rows)
        self._input_bins = self._inputs.size if self._inputs else 0
        bins = self._input_bins + (self._outputs.size if self._outputs else 0)
        self._window = SlidingCounts(bins, size)
        wide = max(len(columns) / COLUMNS_AT_FULL_RATE, 1.0)
        self._rate = ROWS_PER_SECOND / wide
        self._burst = max(int(BURST_ROWS / wide), 1)
        self._portion = max(min(VALUES_PER_PORTION // max(len(columns), 1), size.rows // PARTS), 1)
        self._clock = clock
        # As many rows may be sampled as would have come since then at the rate; so one number is all that is kept.
        self._since = clock() - self._burst / self._rate
        self._sampled: deque[tuple[float, Sequence[Row], Sequence[Answer | ApiError]]] = deque()
        self._texts = [place for place, column in enumerate(columns) if column.kind in {"string", "any"}]
        self._problem = ""

    def observe(self, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
        """Sample the rows, as many as the rate allows, and keep them until they are counted."""
        now = self._clock()
        allowed = int((now - self._since) * self._rate)
        if not allowed:
            return
        if allowed > self._burst:
            allowed = self._burst
            self._since = now - allowed / self._rate
        count = len(rows)
        if count > allowed:
            chosen = random.sample(range(count), allowed)  # what comes at every second place may be of one kind
            rows, outcomes = [rows[place] for place in chosen], [outcomes[place] for place in chosen]
            count = allowed
        self._since += count / self._rate
        if self._texts and any(_is_long(row[place]) for row in rows for place in self._texts):
            rows = [tuple(map(_shortened, row)) for row in rows]
        # Neither long texts nor probabilities are kept: of a thousand rows they could take all of the memory.
        self._sampled.append((now, rows, list(map(_answer, outcomes)) if self._outputs else ()))

    def count_portion(self) -> bool:
        """Count some of the sampled rows.

        Returns:
            Whether there are more.
        """
        rows: list[Row] = []
        answers: list[Answer | ApiError] = []
        came = 0.0
        while self._sampled and len(rows) < self._portion:
            came, more_rows, more_answers = self._sampled.popleft()
            room = self._portion - len(rows)
            rows += more_rows[:room]
            answers += more_answers[:room]
            if len(more_rows) > room:
                self._sampled.appendleft((came, more_rows[room:], more_answers[room:]))
        if rows and not self._problem:
            try:
                self._window.add(came, self._counts(rows, answers), len(rows))
            except Exception as error:  # what is counted is an extra: the model serves on
                logger.exception("rows cannot be compared with the training rows")
                self._problem = f"rows cannot be compared with the profile: {type(error).__name__}"
        return bool(self._sampled)

    def report(self) -> DriftReport:
        """The figures of the window now."""
        now = self._clock()
        self._window.forget(now)
        start, counts = self._window.start, self._window.counts
        columns: dict[str, float | None] = dict.fromkeys(self._names)
        prediction: float | None = None
        needed: list[int] = []
        if self._inputs is not None:
            found = self._inputs.indices(counts[: self._input_bins])
            columns |= {self._names[place]: index for place, index in zip(self._places, found, strict=True)}
            needed += [rows for rows, index in zip(self._inputs.minimum_rows, found, strict=True) if index is None]
        if self._outputs is not None:
            (prediction,) = self._outputs.indices(counts[self._input_bins :])
            needed += self._outputs.minimum_rows if prediction is None else []
        few = f"not enough rows yet: all figures need {max(needed)}" if needed else ""
        return DriftReport(
            rows=self._window.rows,
            since=None if start is None else datetime.now(UTC) - timedelta(seconds=now - start),
            columns=columns,
            prediction=prediction,
            missing_reason=self._problem or few,
        )

    def _counts(self, rows: Sequence[Row], answers: Sequence[Answer | ApiError]) -> NDArray[np.int64]:
        counts = np.zeros_like(self._window.counts)
        if self._inputs is not None:
            columns = list(zip(*rows, strict=True))
            counts[: self._input_bins] = self._inputs.count([columns[place] for place in self._places])
        fitting = [answer for answer in answers if self._fits(answer)]
        if self._outputs is not None and fitting:
            counts[self._input_bins :] = self._outputs.count([fitting])
        return counts

    def _fits(self, answer: Answer | ApiError) -> bool:
        """Whether an outcome is a prediction of the kind of which the profile has the distribution."""
        if isinstance(self._prediction, NumberProfile):
            return isinstance(answer, int | float) and not isinstance(answer, bool)
        return isinstance(answer, str | int | float)


def _answer(outcome: Outcome) -> Answer | ApiError:
    return outcome.prediction if isinstance(outcome, ClassProbabilities) else outcome


def _is_long(value: Any) -> bool:
    return isinstance(value, str) and len(value) > MAX_CATEGORY_LENGTH


def _shortened(value: Any) -> Any:
    """A text that is still longer than every category, in place of one that is too long for a category."""
    return value[: MAX_CATEGORY_LENGTH + 1] if _is_long(value) else value


async def count_regularly(current: Callable[[], DriftMonitor | None]) -> None:
    """Count what was sampled, in portions between which the event loop does other work, until cancelled.

    Args:
        current: The monitor of the model that serves now.
    """
    while True:
        await asyncio.sleep(COUNT_SECONDS)
        while (monitor := current()) is not None and monitor.count_portion():  # noqa: ASYNC110 - waits for nothing
            await asyncio.sleep(0)
