"""The estimator for a table: the simplest one that its columns allow."""

from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from src.service.training.feature_columns import FeatureColumns
from src.service.training.task import Task

# A missing date in nanoseconds, as scikit-learn converts it.
_NO_DATE: Final = float(np.iinfo("int64").min)


def build_estimator(features: pd.DataFrame, columns: FeatureColumns, task: Task) -> Any:
    """Build an unfitted estimator.

    Numeric columns without missing values need no preparation: a regression is then a single LinearRegression, the
    fastest model to serve. All steps are classes of scikit-learn, because a server has no code of the trainer to load.

    Args:
        features: All rows; missing values in them make a preparation necessary.
        columns: The types of the columns.
        task: What is predicted.

    Returns:
        The estimator.
    """
    steps: list[tuple[str, Any]] = []
    if columns.categorical or columns.dates or features.isna().any(axis=None):
        prepare = [
            ("numbers", _imputer(), list(columns.numeric)),
            ("dates", _date_scaler(), list(columns.dates)),
            ("categories", _encoder(list(columns.categorical.values())), list(columns.categorical)),
        ]
        steps.append(("prepare", ColumnTransformer([part for part in prepare if part[2]])))
    if task is Task.REGRESSION:
        steps.append(("model", LinearRegression()))
    else:
        steps += [("scale", StandardScaler()), ("model", LogisticRegression(max_iter=1000))]
    return steps[0][1] if len(steps) == 1 else Pipeline(steps)


def _imputer() -> SimpleImputer:
    """Fill missing values with the median and indicate them; a column may be empty in the rows of a fold."""
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def _date_scaler() -> Pipeline:
    """Convert dates to standardized numbers, missing ones filled with the median.

    The first scaler only converts the type: scalers are among the few transformers of scikit-learn that take dates.
    """
    filled = SimpleImputer(missing_values=_NO_DATE, strategy="median", add_indicator=True, keep_empty_features=True)
    return Pipeline(
        [
            ("nanoseconds", StandardScaler(with_mean=False, with_std=False)),
            ("filled", filled),
            ("scaled", StandardScaler()),
        ]
    )


def _encoder(categories: list[list[str] | list[bool]]) -> OneHotEncoder:
    """Encode the categories; None, NaN, pd.NA and unknown values all become zeros.

    An imputer takes only one of None, NaN and pd.NA for missing. Here none of them is a category, so all are unknown
    values, and the intercept holds the effect of such rows.
    """
    return OneHotEncoder(categories=categories, handle_unknown="ignore", sparse_output=False)
