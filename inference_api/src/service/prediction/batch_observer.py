"""What looks at predicted rows beside the requests that they came with, such as a count of how they are distributed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from src.service.prediction.model import Outcome
from src.service.schema.validator import Row


class BatchObserver(Protocol):
    """Gets each batch of a model after it was predicted, and before its requests are answered."""

    def observe(self, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
        """Take what is needed of a batch, and return: its requests wait. It must not raise.

        It is called in the event loop or in the thread of large calls, but never at the same time for the same rows.

        Args:
            rows: The rows, in the order of the model's columns.
            outcomes: One for each row; `ClassProbabilities` where probabilities were wanted, `ApiError` for a failure.
        """
        ...
