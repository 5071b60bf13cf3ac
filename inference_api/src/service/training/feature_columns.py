"""The usable feature columns, and which of them are numbers, dates and categories."""

import logging
from dataclasses import dataclass
from typing import Final

import pandas as pd
from pandas.api.types import infer_dtype

from src.service.training.errors import TrainingError
from src.service.training.magnitude import too_large

_LOG = logging.getLogger("training")

MAX_CATEGORIES: Final = 50


@dataclass(frozen=True)
class FeatureColumns:
    """The columns of numbers (integers, floats), of dates, and of text or booleans with their categories."""

    numeric: tuple[str, ...]
    dates: tuple[str, ...]
    categorical: dict[str, list[str] | list[bool]]


def usable_features(features: pd.DataFrame) -> pd.DataFrame:
    """Leave out the columns that nothing can be learnt from, with a warning, and normalize the types of the others.

    Raises:
        TrainingError: A column has infinite or too large values, or no column is left.
    """
    kept = {}
    for name, column in features.items():
        normalized = _normalized(column)
        reason = _useless_reason(normalized)
        if reason:
            _LOG.warning("column %r is left out: %s", name, reason)
        else:
            kept[name] = normalized
    if not kept:
        raise TrainingError("no feature column is left to learn from")
    return pd.DataFrame(kept)


def _normalized(column: pd.Series) -> pd.Series:
    """Return the column as int64, float64, bool, dates, text, or booleans with missing values (object)."""
    if column.dtype.kind in "iuf":
        problem = too_large(column)
        if problem:
            raise TrainingError(f"column {column.name!r} {problem}")
        # MLflow has no unsigned 64-bit type.
        return column.astype("float64") if column.dtype.kind == "u" else column
    if column.dtype.kind in "bM" or column.isna().all():
        return column
    if infer_dtype(column, skipna=True) == "boolean":
        return column.astype(object)
    return column.astype("str")


def _useless_reason(column: pd.Series) -> str:
    if column.isna().all():
        return "it has no values"
    if column.dtype.kind not in "iufbM" and not column.dropna().duplicated().any():
        return "it is text without any repeated value (an identifier?)"
    return ""


def split_columns(features: pd.DataFrame) -> FeatureColumns:
    """Group the columns by type; a category is a value that is repeated, at most 50 per column."""
    numeric = tuple(str(name) for name in features if features[name].dtype.kind in "iuf")
    dates = tuple(str(name) for name in features if features[name].dtype.kind == "M")
    others = [name for name in features if str(name) not in numeric + dates]
    categorical = {str(name): _categories(features[name]) for name in others}
    return FeatureColumns(numeric=numeric, dates=dates, categorical=categorical)


def _categories(column: pd.Series) -> list[str] | list[bool]:
    counts = column.value_counts()
    if infer_dtype(column, skipna=True) == "boolean":
        return sorted(bool(value) for value in counts.index)
    repeated = counts[counts > 1].sort_values(ascending=False, kind="stable")
    if len(repeated) > MAX_CATEGORIES:
        _LOG.info("column %r: the %d most frequent of %d values count", column.name, MAX_CATEGORIES, len(repeated))
    return sorted(str(value) for value in repeated.index[:MAX_CATEGORIES])
