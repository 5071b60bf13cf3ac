"""Imputation of missing numbers, as scikit-learn does it."""

from __future__ import annotations

from typing import Any

import numpy as np

from src.service.flavors.computation import Matrix, Step
from src.service.flavors.sklearn.direct.defining_class import transform_class


def imputing(transformer: Any) -> Step | None:
    """The step of a fitted imputer of means or medians, or None for any other transformer."""
    if transform_class(transformer) != "sklearn.impute._base.SimpleImputer":
        return None
    marker = transformer.missing_values
    if not (isinstance(marker, float) and np.isnan(marker)) or transformer.strategy not in {"mean", "median"}:
        return None
    if np.isnan(transformer.statistics_).any():  # scikit-learn drops a column without any value, with a warning
        return None
    indicator = transformer.indicator_
    return _Fill(transformer.statistics_, None if indicator is None else indicator.features_)


class _Fill:
    """Replaces missing values, and adds indicator columns."""

    def __init__(self, values: Matrix, indicated: Matrix | None) -> None:
        self._values = values
        self._indicated = indicated

    def __call__(self, matrix: Matrix) -> Matrix:
        filled = matrix.astype(matrix.dtype if matrix.dtype.kind == "f" else np.float64)
        missing = np.isnan(filled)
        if 1 in missing.tobytes():
            filled[missing] = np.broadcast_to(self._values, filled.shape)[missing]
        return filled if self._indicated is None else np.hstack([filled, missing[:, self._indicated]])
