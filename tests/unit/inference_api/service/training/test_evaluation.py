"""Metrics, and the comparison of a challenger with the champion."""

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor

from src.service.training.evaluation import cross_validated, deciding_metric, held_out_scores, is_no_worse
from src.service.training.task import Task


@pytest.mark.parametrize(
    ("challenger", "champion", "task", "expected"),
    [
        (1.0, 2.0, Task.REGRESSION, True),
        (2.0, 1.0, Task.REGRESSION, False),
        (1.0, 1.0, Task.REGRESSION, True),
        (1.0 + 1e-12, 1.0, Task.REGRESSION, True),
        (1.0 + 1e-6, 1.0, Task.REGRESSION, False),
        (0.9, 0.8, Task.CLASSIFICATION, True),
        (0.8, 0.9, Task.CLASSIFICATION, False),
        (0.8, 0.8, Task.CLASSIFICATION, True),
    ],
)
def test_is_no_worse(challenger: float, champion: float, task: Task, expected: bool) -> None:  # noqa: FBT001 - a table's column
    """A lower error or a higher F1 is better, equality is enough, and a difference in the last bits does not count."""
    assert is_no_worse(challenger, champion, task) is expected


def test_regression_scores() -> None:
    """Known errors give the known metrics, for any shape of the predictions."""
    target = pd.Series([1.0, 2.0, 3.0, 6.0])
    expected = {"holdout_rmse": 1.0, "holdout_mae": 1.0, "holdout_r2": 1 - 4 / 14}
    assert held_out_scores(target + 1, target, Task.REGRESSION) == pytest.approx(expected)
    assert held_out_scores(np.array([[2.0], [3.0], [4.0], [7.0]]), target, Task.REGRESSION) == pytest.approx(expected)
    assert deciding_metric(Task.REGRESSION) in expected


@pytest.mark.parametrize("labels", [["no", "sí"], [False, True], [3, 7]])
def test_classification_scores(labels: list[object]) -> None:
    """Labels may be text, booleans or any integers."""
    target = pd.Series(labels * 2)
    scores = held_out_scores(np.array([labels[0], labels[1], labels[0], labels[0]]), target, Task.CLASSIFICATION)
    assert scores == pytest.approx({"holdout_f1_macro": (0.8 + 2 / 3) / 2, "holdout_accuracy": 0.75})
    assert deciding_metric(Task.CLASSIFICATION) in scores


def test_predictions_that_do_not_fit_are_an_error() -> None:
    """Another number of predictions, or NaN, is an error."""
    target = pd.Series([1.0, 2.0])
    with pytest.raises(ValueError, match="3 predictions for 2 rows"):
        held_out_scores([1, 2, 3], target, Task.REGRESSION)
    with pytest.raises(ValueError, match="NaN"):
        held_out_scores([1, np.nan], target, Task.REGRESSION)


def test_cross_validation_names_mean_and_deviation() -> None:
    """Each metric has its mean and standard deviation over the folds; no text label has to be named 1."""
    features = pd.DataFrame({"x": np.arange(40.0)})
    regression = cross_validated(DummyRegressor(), features, features["x"], Task.REGRESSION, 1)
    assert set(regression) == {f"cv_{name}_{part}" for name in ("rmse", "mae", "r2") for part in ("mean", "std")}
    assert regression["cv_rmse_mean"] > 0
    labels = pd.Series(["a", "b"] * 20)
    classes = cross_validated(DummyClassifier(strategy="most_frequent"), features, labels, Task.CLASSIFICATION, 1)
    assert classes["cv_accuracy_mean"] == pytest.approx(0.5)
    assert classes["cv_f1_macro_mean"] == pytest.approx(1 / 3)


def test_cross_validation_is_reproducible() -> None:
    """The seed determines the folds."""
    features = pd.DataFrame({"x": np.arange(40.0)})
    first, second = (cross_validated(DummyRegressor(), features, features["x"], Task.REGRESSION, 5) for _ in range(2))
    assert first == second
