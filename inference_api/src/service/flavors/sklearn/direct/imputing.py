"""Missing numbers are filled in as scikit-learn fills them in."""

from __future__ import annotations

from typing import Any

import numpy as np

from src.service.flavors.computation import Matrix, Step
from src.service.flavors.sklearn.direct.defining_class import transform_class


def imputing(transformer: Any) -> Step | None:
    """What a fitted imputer of means or medians does to a matrix, or None for any other transformer."""
    if transform_class(transformer) != "sklearn.impute._base.SimpleImputer":
        return None
    marker = transformer.missing_values
    if not (isinstance(marker, float) and np.isnan(marker)) or transformer.strategy not in {"mean", "median"}:
        return None
    if np.isnan(transformer.statistics_).any():  # a column without any value is left out, with a warning
        return None
    indicator = transformer.indicator_
    return _Fill(transformer.statistics_, None if indicator is None else indicator.features_)


class _Fill:
    """Fill the gaps, and tell where they were in columns of their own."""

    def __init__(self, values: Matrix, told: Matrix | None) -> None:
        self._values = values
        self._told = told

    def __call__(self, matrix: Matrix) -> Matrix:
        filled = matrix.astype(matrix.dtype if matrix.dtype.kind == "f" else np.float64)
        missing = np.isnan(filled)
        if 1 in missing.tobytes():
            filled[missing] = np.broadcast_to(self._values, filled.shape)[missing]
        return filled if self._told is None else np.hstack([filled, missing[:, self._told]])
