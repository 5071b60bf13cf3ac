"""Class labels from scores or probabilities."""

from __future__ import annotations

import numpy as np

from src.service.flavors.computation import Matrix


class ArgmaxLabels:
    """The class with the highest score; of equal scores the first."""

    def __init__(self, classes: Matrix) -> None:
        """Store the classes, one per column of scores."""
        self._classes = classes

    def __call__(self, scores: Matrix) -> Matrix:
        """One label per row."""
        labels: Matrix = self._classes.take(scores.argmax(axis=1), axis=0)
        return labels


class SignLabels:
    """The second class for a positive score, else the first."""

    def __init__(self, classes: Matrix, *, zero_is_second: bool = False) -> None:
        """Store the two classes, and whether a score of zero means the second one."""
        self._classes = classes
        self._zero_is_second = zero_is_second

    def __call__(self, scores: Matrix) -> Matrix:
        """One label per row."""
        column = scores.reshape(-1)
        second = column >= 0 if self._zero_is_second else column > 0
        labels: Matrix = self._classes.take(second.astype(np.intp), axis=0)
        return labels
