"""The population stability index of DataFrames from a model's `profile.json`, computed by pandas and scipy alone."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import rel_entr

SMALLEST = 1e-4


def independent_psi(profile: dict[str, Any], rows: int, values: pd.Series) -> float:
    """The index of a column.

    Args:
        profile: The column's entry in `profile.json`.
        rows: Number of training rows.
        values: The rows to compare with them.
    """
    missing = values.isna().sum()
    present = values.dropna()
    if profile["type"] == "category":
        # As the README says: a category of its own for each 20 training rows, but at least two.
        own = profile["categories"][: max(2, rows // 20)]
        rest = sum(profile["counts"][len(own) :]) + profile["other"]
        expected = [*profile["counts"][: len(own)], rest, profile["missing"]]
        counts = present.astype(object).value_counts()
        found = [counts.get(category, 0) for category in own]
        actual = [*found, len(present) - sum(found), missing]
    else:
        numbers = present
        if profile["type"] == "datetime":
            numbers = pd.to_datetime(present).astype("datetime64[us]").astype("int64") / 1e6
        intervals = pd.IntervalIndex.from_breaks([-np.inf, *profile["edges"], np.inf], closed="right")
        binned = pd.cut(numbers.astype("float64"), intervals).value_counts(sort=False)
        expected, actual = [*profile["counts"], profile["missing"]], [*binned.tolist(), missing]
    known = np.clip(np.array(expected) / rows, SMALLEST, None)
    seen = np.clip(np.array(actual) / len(values), SMALLEST, None)
    return float(rel_entr(seen, known).sum() + rel_entr(known, seen).sum())
