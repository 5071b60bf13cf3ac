"""The task of a target, and targets that cannot be learnt."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from src.service.training.errors import TrainingError
from src.service.training.task import Task, choose_task


def _target(values: Sequence[object], times: int = 1) -> pd.Series:
    return pd.Series([*values] * times, name="y")


@pytest.mark.parametrize(
    ("target", "task", "labels"),
    [
        (_target(["a", "b"], 10), Task.CLASSIFICATION, str),
        (_target([True, False], 10), Task.CLASSIFICATION, bool),
        (_target([0, 1, 2], 10), Task.CLASSIFICATION, int),
        (_target([0.0, 1.0], 10), Task.CLASSIFICATION, int),
        (_target(list(range(10)), 5), Task.CLASSIFICATION, int),
        (_target(list(range(10)), 4), Task.REGRESSION, float),
        (_target(list(range(11)), 5), Task.REGRESSION, float),
        (_target([0.5, 1.0], 10), Task.REGRESSION, float),
        (_target(list(range(25)), 1), Task.REGRESSION, float),
    ],
)
def test_the_task_is_detected_from_the_target(target: pd.Series, task: Task, labels: type) -> None:
    """Text, booleans and few integers are classes; other targets are numbers. Labels have a plain type."""
    found, ready = choose_task(target, None)
    assert found is task
    assert {type(value) for value in ready.tolist()} == {labels}


def test_the_choice_is_logged_with_its_reason(caplog: pytest.LogCaptureFixture) -> None:
    """The log has the task and the property of the target that decides it."""
    with caplog.at_level("INFO", logger="training"):
        choose_task(_target([1, 2, 3], 10), None)
        choose_task(_target([1, 2, 3], 10), "regression")
    assert caplog.messages == [
        "task: classification (the target has only 3 different integers)",
        "task: regression (asked for; the target has only 3 different integers)",
    ]


def test_a_requested_task_is_used() -> None:
    """The same integers are classes or numbers, as requested."""
    assert choose_task(_target([1, 2], 10), "regression")[1].dtype.kind == "f"
    assert choose_task(_target(list(range(11)), 5), "classification")[1].dtype.kind == "i"


@pytest.mark.parametrize(
    ("target", "asked", "message"),
    [
        (_target(["a"], 20), None, r"target 'y' has only one class \('a'\): there is nothing to learn"),
        (_target([True], 20), None, "target 'y' has only one class"),
        (_target([7], 20), None, "target 'y' has only one class"),
        (_target([1.5], 20), None, r"target 'y' has only one value \(1.5\)"),
        (_target(["a", "b"], 9), None, "18 usable rows are too few: at least 20 are needed"),
        (_target([], 1), None, "0 usable rows are too few"),
        (_target(["a", "b"], 10), "regression", "target 'y' is text: a regression needs numbers"),
        (_target([0.5, 1.5], 10), "classification", "has fractions or infinite values: classes need whole numbers"),
        (_target([1.5, np.inf], 10), None, r"target 'y' has 10 value\(s\) that are infinite"),
        (_target(["a"] * 30 + ["b"], 1), None, "each class needs at least 5 rows, but 'b' has 1"),
        (_target([f"n{number}" for number in range(30)]), None, "has 1, .* and 27 more"),
    ],
)
def test_a_target_that_cannot_be_learnt_is_an_error(target: pd.Series, asked: str | None, message: str) -> None:
    """The message says what is wrong with the target."""
    with pytest.raises(TrainingError, match=message) as caught:
        choose_task(target, asked)
    assert caught.value.exit_code == 2
