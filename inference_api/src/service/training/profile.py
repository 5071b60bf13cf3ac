"""Write the profile of the training rows (`profile.json`, see `feature_profile`) for a model.

A program that registers its own model can add one, before it moves the alias:

    from src.service.training.profile import log_profile

    log_profile(info.model_id, rows, model.predict(rows))

What is stored of the data: edges, which lie halfway between two neighbouring values, and the texts that at least
`ROWS_PER_CATEGORY` rows have, if these rows are at least half of those with a text. Of a column of names, identity
numbers or free text only the number of missing values is stored.
"""

import tempfile
from pathlib import Path
from typing import Any, Final

import mlflow
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import infer_dtype

from src.service.feature_profile import (
    MAX_CATEGORIES,
    MAX_CATEGORY_LENGTH,
    PROFILE_FILE,
    CategoryProfile,
    ColumnProfile,
    FeatureProfile,
    NumberProfile,
    most_bins,
)

NUMBER_BINS: Final = 10
ROWS_PER_CATEGORY: Final = 5
SMALLEST_COVERAGE: Final = 0.5
_RELATIVE_GAP: Final = 1e-3
"""Around the only value of a column, which other machines may round to 16 bits."""
_NUMBERS: Final = {"floating", "integer", "mixed-integer-float", "integer-na"}
_DATES: Final = {"datetime", "datetime64", "date"}


def feature_profile(features: pd.DataFrame | NDArray[Any], predictions: Any) -> FeatureProfile:
    """Describe the distribution of each column and of the predictions.

    Args:
        features: The rows, at least one.
        predictions: The model's answer to each of these rows.
    """
    table = features if isinstance(features, pd.DataFrame) else _named(features)
    columns = {str(name): _column_profile(column) for name, column in table.items()}
    return FeatureProfile(
        rows=len(features),
        columns={name: profile for name, profile in columns.items() if profile is not None},
        prediction=_prediction_profile(np.asarray(predictions)),
    )


def log_profile(model_id: str, features: pd.DataFrame | NDArray[Any], predictions: Any) -> None:
    """Add the profile of these rows to the files of a model that was logged to MLflow.

    Args:
        model_id: The `model_id` of what `log_model` returned.
        features: The rows that the model was fitted on: a table with the columns of its signature, or an array.
        predictions: Its answer to each of these rows.
    """
    with tempfile.TemporaryDirectory(prefix="profile-") as folder:
        file = Path(folder) / PROFILE_FILE
        file.write_text(feature_profile(features, predictions).to_json(), encoding="utf-8")
        mlflow.MlflowClient().log_model_artifact(model_id, str(file))


def _named(features: NDArray[Any]) -> pd.DataFrame:
    """An array with the names that a server gives to its columns, and to texts that come one by one."""
    if features.ndim == 1:
        return pd.DataFrame({"text": features})
    return pd.DataFrame(features, columns=[f"feature{number}" for number in range(1, features.shape[1] + 1)])


def _column_profile(column: pd.Series) -> ColumnProfile | None:
    """The profile of a column; None for values of several types, which have no common distribution."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(object)
    inferred = infer_dtype(column, skipna=True)
    if column.dtype.kind == "M" or inferred in _DATES:
        return _number_profile("datetime", _seconds(column))
    if inferred == "boolean":
        return _boolean_profile(column)
    if column.dtype.kind in "iuf" or inferred in _NUMBERS:
        return _number_profile("number", column.to_numpy(dtype="float64", na_value=np.nan))
    if inferred == "string":
        return _category_profile(column.astype("str"))
    return None


def _prediction_profile(predictions: NDArray[Any]) -> ColumnProfile | None:
    """The profile of the predictions; None for several outputs. Integers are labels, unless there are too many."""
    if predictions.ndim != 1:
        return None
    column = pd.Series(predictions)
    if column.dtype.kind in "iu" and column.nunique() <= MAX_CATEGORIES:
        return _category_profile(column)
    return _column_profile(column)


def _seconds(column: pd.Series) -> NDArray[np.float64]:
    times = pd.to_datetime(column, utc=True).dt.tz_localize(None)
    seconds = (times - pd.Timestamp(0)) / pd.Timedelta(seconds=1)
    return np.asarray(seconds, dtype=np.float64)


def _number_profile(kind: Any, values: NDArray[np.float64]) -> NumberProfile:
    present = values[~np.isnan(values)]
    edges = _edges(present)
    # NaN is sorted behind infinity: it gets the index of its own bin.
    places = np.searchsorted(np.append(edges, np.inf), values, side="left")
    counts = np.bincount(places, minlength=len(edges) + 2).tolist()
    return NumberProfile(kind, tuple(edges.tolist()), tuple(counts[:-1]), counts[-1])


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges that give all bins the same number of rows, as far as equal values allow it.

    A value that has the rows of a whole bin is a bin of its own, with nothing smaller or larger in it: so a column with
    one value, or with a few integers, has a bin for each of them, and bins without rows for what is new.
    """
    if not len(values):
        return values
    distinct, rows = np.unique(values, return_counts=True)
    bins = most_bins(len(values), NUMBER_BINS)
    reached = np.cumsum(rows)
    # A cut with index i is behind distinct[i]; -1 is before all.
    quantiles = np.searchsorted(reached, len(values) * np.arange(1, bins) / bins)
    frequent = np.flatnonzero(rows * bins >= len(values))
    cuts = np.unique(np.concatenate([quantiles, frequent, frequent - 1]))
    with np.errstate(over="ignore", invalid="ignore"):  # at the ends of what a float holds; such edges are left out
        gaps = np.diff(distinct) if len(distinct) > 1 else np.maximum(np.abs(distinct), 1.0) * _RELATIVE_GAP
        around = np.concatenate([distinct[:1] - gaps[0], distinct, distinct[-1:] + gaps[-1]])
        halfway = around[cuts + 1] / 2 + around[cuts + 2] / 2
    return np.unique(halfway[np.isfinite(halfway)])


def _boolean_profile(column: pd.Series) -> CategoryProfile:
    counts = column.dropna().astype(bool).value_counts()
    values = sorted((False, True), key=lambda value: -int(counts.get(value, 0)))
    return CategoryProfile(
        tuple(values), tuple(int(counts.get(value, 0)) for value in values), missing=int(column.isna().sum())
    )


def _category_profile(column: pd.Series) -> CategoryProfile:
    present = column.dropna()
    counts = present.value_counts().sort_index()
    counts = counts[[len(str(value)) <= MAX_CATEGORY_LENGTH for value in counts.index]]
    frequent = counts[counts >= ROWS_PER_CATEGORY].sort_values(ascending=False, kind="stable")[:MAX_CATEGORIES]
    if frequent.sum() < SMALLEST_COVERAGE * len(present):
        frequent = frequent[:0]
    return CategoryProfile(
        tuple(frequent.index.tolist()),
        tuple(frequent.tolist()),
        other=int(len(present) - frequent.sum()),
        missing=int(len(column) - len(present)),
    )
