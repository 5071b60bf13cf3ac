"""The estimator for a table: as plain as the columns allow."""

from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from src.service.training.feature_columns import Columns
from src.service.training.task import Task

# A missing date as scikit-learn sees it, once it has turned dates into nanoseconds.
_NO_DATE: Final = float(np.iinfo("int64").min)


def build_estimator(features: pd.DataFrame, columns: Columns, task: Task) -> Any:
    """Build an unfitted estimator.

    Complete numeric columns need no preparation: then a regression is a bare LinearRegression, which is the cheapest
    model to serve. Everything is made of scikit-learn's own classes, because a function of ours could not be loaded
    by a server that does not have our code.

    Args:
        features: All rows; their gaps decide what is needed.
        columns: What each of their columns is.
        task: What kind of answer is learnt.

    Returns:
        The estimator, ready to fit.
    """
    steps: list[tuple[str, Any]] = []
    if columns.categorical or columns.dates or features.isna().any(axis=None):
        prepare = [
            ("numbers", _filled(), list(columns.numeric)),
            ("dates", _elapsed(), list(columns.dates)),
            ("categories", _one_hot(list(columns.categorical.values())), list(columns.categorical)),
        ]
        steps.append(("prepare", ColumnTransformer([part for part in prepare if part[2]])))
    if task is Task.REGRESSION:
        steps.append(("model", LinearRegression()))
    else:
        steps += [("scale", StandardScaler()), ("model", LogisticRegression(max_iter=1000))]
    return steps[0][1] if len(steps) == 1 else Pipeline(steps)


def _filled() -> SimpleImputer:
    """Fill gaps with the median and say where they were; a column may be empty in the rows of one fold."""
    return SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True)


def _elapsed() -> Pipeline:
    """Turn dates into the time that has passed, with gaps filled, in units of its spread.

    Scalers are among the few transformers of scikit-learn that take dates: the first one changes nothing but the type.
    """
    filled = SimpleImputer(missing_values=_NO_DATE, strategy="median", add_indicator=True, keep_empty_features=True)
    return Pipeline(
        [
            ("nanoseconds", StandardScaler(with_mean=False, with_std=False)),
            ("filled", filled),
            ("scaled", StandardScaler()),
        ]
    )


def _one_hot(categories: list[list[str] | list[bool]]) -> OneHotEncoder:
    """Encode known values; None, NaN, pd.NA and values never seen all become zeros.

    An imputer knows one marker of a missing value only. As a missing value is not among the listed categories, all its
    spellings are unknown values, and the intercept learns what such rows have in common.
    """
    return OneHotEncoder(categories=categories, handle_unknown="ignore", sparse_output=False)
