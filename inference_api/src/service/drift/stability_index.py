"""The population stability index: how far the shares of some bins are from expected ones."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

SMALLEST_SHARE: Final = 1e-4
"""What a smaller share, above all none, counts as: its logarithm would be infinite."""


def stability_terms(expected: NDArray[np.float64], actual: NDArray[np.float64]) -> NDArray[np.float64]:
    """The term of each bin, (actual - expected) ln(actual / expected); their sum is the index. None is negative.

    Args:
        expected: Shares of the training rows.
        actual: Shares of the rows that arrived, in the same bins.
    """
    expected, actual = np.maximum(expected, SMALLEST_SHARE), np.maximum(actual, SMALLEST_SHARE)
    terms: NDArray[np.float64] = (actual - expected) * np.log(actual / expected)
    return terms
