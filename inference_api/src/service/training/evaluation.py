"""Metrics of a model: cross-validated on the training rows, and on the held-out rows, as for the champion."""

import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    f1_score,
    make_scorer,
    mean_absolute_error,
    r2_score,
    root_mean_squared_error,
)
from sklearn.model_selection import KFold, StratifiedKFold, cross_validate

from src.service.training.task import Task

FOLDS: Final = 5
# Two trainings on the same data may differ in the last bits of a sum.
_TOLERANCE: Final = 1e-9


def _macro_f1(truth: Any, predictions: Any) -> float:
    return float(f1_score(truth, predictions, average="macro", zero_division=0))


_METRICS: Final[dict[Task, dict[str, Callable[[Any, Any], float]]]] = {
    Task.REGRESSION: {"rmse": root_mean_squared_error, "mae": mean_absolute_error, "r2": r2_score},
    Task.CLASSIFICATION: {"f1_macro": _macro_f1, "accuracy": accuracy_score},
}


def deciding_metric(task: Task) -> str:
    """Name the metric that decides about promotion: held-out RMSE (lower is better) or macro F1 (higher is better)."""
    return "holdout_rmse" if task is Task.REGRESSION else "holdout_f1_macro"


def cross_validated(
    estimator: Any, features: pd.DataFrame, target: pd.Series, task: Task, seed: int
) -> dict[str, float]:
    """Return mean and standard deviation of each metric over five folds (fewer when a class is small)."""
    if task is Task.CLASSIFICATION:
        folds = StratifiedKFold(min(FOLDS, int(target.value_counts().min())), shuffle=True, random_state=seed)
    else:
        folds = KFold(FOLDS, shuffle=True, random_state=seed)
    scorers = {name: make_scorer(metric) for name, metric in _METRICS[task].items()}
    scores = cross_validate(estimator, features, target.to_numpy(), cv=folds, scoring=scorers, error_score="raise")
    return {
        f"cv_{name}_{part}": float(reduce(scores[f"test_{name}"]))
        for name in scorers
        for part, reduce in (("mean", np.mean), ("std", np.std))
    }


def held_out_scores(predictions: Any, target: pd.Series, task: Task) -> dict[str, float]:
    """Score predictions for the held-out rows.

    Args:
        predictions: One prediction per row, of any shape.
        target: The true values.
        task: What was predicted.

    Raises:
        ValueError: The predictions do not fit the target; also from scikit-learn when their types differ.
    """
    flat = np.asarray(predictions).reshape(-1)
    if len(flat) != len(target):
        raise ValueError(f"{len(flat)} predictions for {len(target)} rows")
    truth = target.to_numpy()
    return {f"holdout_{name}": float(metric(truth, flat)) for name, metric in _METRICS[task].items()}


def is_no_worse(challenger: float, champion: float, task: Task) -> bool:
    """Whether the deciding metric of the challenger is at least as good as that of the champion."""
    equal = math.isclose(challenger, champion, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    better = challenger < champion if task is Task.REGRESSION else challenger > champion
    return equal or better
