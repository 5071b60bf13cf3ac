"""The models that are served; every machine makes the same ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

_TRAINING_ROWS = 1000
_COLOURS = ("amber", "blue", "green", "red", "violet")


def rows_of(name: str, count: int, seed: int) -> pd.DataFrame:
    """Draw rows for a model: three numbers, or two and a category for the pipeline."""
    draw = np.random.default_rng(seed)
    highest = {"feature1": 10.0, "feature2": 5.0, "feature3": 2.0}
    rows = pd.DataFrame({column: draw.uniform(0, high, count).round(3) for column, high in highest.items()})
    if name != "pipeline":
        return rows
    return rows.drop(columns="feature3").assign(colour=draw.choice(_COLOURS, count))


def fitted(name: str) -> tuple[Any, pd.DataFrame]:
    """Fit a model that the reference trainer does not make; returns it with its rows."""
    rows = rows_of(name, _TRAINING_ROWS, seed=1)
    noise = np.random.default_rng(2).normal(0, 1, _TRAINING_ROWS)
    target = 12 * rows["feature1"] - 4 * rows["feature2"] + noise
    return _ESTIMATORS[name]().fit(rows, target), rows


def _forest() -> Any:
    return RandomForestRegressor(n_estimators=100, random_state=1)


def _boosting() -> Any:
    return HistGradientBoostingRegressor(random_state=1)


def _pipeline() -> Any:
    columns = make_column_transformer(
        (StandardScaler(), ["feature1", "feature2"]), (OneHotEncoder(handle_unknown="ignore"), ["colour"])
    )
    return make_pipeline(columns, LinearRegression())


_ESTIMATORS: dict[str, Callable[[], Any]] = {"forest": _forest, "boosting": _boosting, "pipeline": _pipeline}
