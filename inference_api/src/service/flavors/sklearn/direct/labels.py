"""Numbers that decide become the labels that they decide for."""

from __future__ import annotations

import numpy as np

from src.service.flavors.computation import Matrix


class ArgmaxLabels:
    """The class with the highest number, the first of equals."""

    def __init__(self, classes: Matrix) -> None:
        """Keep the classes, one a column of numbers."""
        self._classes = classes

    def __call__(self, numbers: Matrix) -> Matrix:
        """One label a row."""
        labels: Matrix = self._classes.take(numbers.argmax(axis=1), axis=0)
        return labels


class SignLabels:
    """The second class for a positive score, else the first."""

    def __init__(self, classes: Matrix, *, zero_is_second: bool = False) -> None:
        """Keep two classes, and which one a score of zero stands for."""
        self._classes = classes
        self._zero_is_second = zero_is_second

    def __call__(self, scores: Matrix) -> Matrix:
        """One label a row."""
        column = scores.reshape(-1)
        second = column >= 0 if self._zero_is_second else column > 0
        labels: Matrix = self._classes.take(second.astype(np.intp), axis=0)
        return labels
