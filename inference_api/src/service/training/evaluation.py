"""How good a model is: cross-validated on the training rows, and on the held-out rows that also judge the champion."""

import math
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
# Retraining on the same data must not lose to itself by the last bit of a sum.
_TOLERANCE: Final = 1e-9

_SCORERS: Final = {
    Task.REGRESSION: {
        "rmse": make_scorer(root_mean_squared_error),
        "mae": make_scorer(mean_absolute_error),
        "r2": make_scorer(r2_score),
    },
    Task.CLASSIFICATION: {
        # Without pos_label=None scikit-learn looks for a class named 1.
        "f1_macro": make_scorer(f1_score, average="macro", zero_division=0, pos_label=None),
        "accuracy": make_scorer(accuracy_score),
    },
}


def deciding_metric(task: Task) -> str:
    """Name the held-out metric by which a model becomes champion: RMSE (lower) or macro F1 (higher is better)."""
    return "holdout_rmse" if task is Task.REGRESSION else "holdout_f1_macro"


def cross_validated(
    estimator: Any, features: pd.DataFrame, target: pd.Series, task: Task, seed: int
) -> dict[str, float]:
    """Return mean and standard deviation of each metric over five folds (fewer when a class is small)."""
    if task is Task.CLASSIFICATION:
        folds = StratifiedKFold(min(FOLDS, int(target.value_counts().min())), shuffle=True, random_state=seed)
    else:
        folds = KFold(FOLDS, shuffle=True, random_state=seed)
    scores = cross_validate(
        estimator, features, target.to_numpy(), cv=folds, scoring=_SCORERS[task], error_score="raise"
    )
    return {
        f"cv_{name}_{part}": float(reduce(scores[f"test_{name}"]))
        for name in _SCORERS[task]
        for part, reduce in (("mean", np.mean), ("std", np.std))
    }


def held_out_scores(predictions: Any, target: pd.Series, task: Task) -> dict[str, float]:
    """Score predictions for the held-out rows.

    Args:
        predictions: One prediction per row, in any shape that holds as many values as there are rows.
        target: The true values.
        task: What was predicted.

    Raises:
        ValueError: The predictions do not fit the target; also from scikit-learn when their types differ.
    """
    flat = np.asarray(predictions).reshape(-1)
    if len(flat) != len(target):
        raise ValueError(f"{len(flat)} predictions for {len(target)} rows")
    truth = target.to_numpy()
    if task is Task.REGRESSION:
        scores = {
            "rmse": root_mean_squared_error(truth, flat),
            "mae": mean_absolute_error(truth, flat),
            "r2": r2_score(truth, flat),
        }
    else:
        scores = {
            "f1_macro": f1_score(truth, flat, average="macro", zero_division=0),
            "accuracy": accuracy_score(truth, flat),
        }
    return {f"holdout_{name}": float(score) for name, score in scores.items()}


def no_worse(challenger: float, champion: float, task: Task) -> bool:
    """Tell whether the challenger's deciding metric is at least as good as the champion's."""
    equal = math.isclose(challenger, champion, rel_tol=_TOLERANCE, abs_tol=_TOLERANCE)
    better = challenger < champion if task is Task.REGRESSION else challenger > champion
    return equal or better
