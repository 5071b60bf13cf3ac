"""The held-out rows depend only on the data and the seed."""

import numpy as np
import pandas as pd

from src.service.training.holdout import hold_out
from src.service.training.task import Task


def _table(rows: int) -> tuple[pd.DataFrame, pd.Series]:
    draw = np.random.default_rng(3)
    features = pd.DataFrame({"x": draw.normal(size=rows), "t": draw.choice(["a", "b"], rows)})
    return features, pd.Series(draw.choice(["no", "yes"], rows, p=[0.9, 0.1]), name="y")


def _held_out(features: pd.DataFrame, target: pd.Series, seed: int = 1, task: Task = Task.REGRESSION) -> set[float]:
    return set(hold_out(features, target, task, seed).held_out_features["x"])


def test_a_fifth_is_held_out() -> None:
    """Training and held-out rows together are the whole table, without overlap."""
    features, target = _table(200)
    split = hold_out(features, target, Task.REGRESSION, 1)
    assert len(split.held_out_features) == len(split.held_out_target) == 40
    assert len(split.train_features) == 160
    assert sorted([*split.train_features.index, *split.held_out_features.index]) == list(range(200))
    assert split.train_target.index.equals(split.train_features.index)


def test_the_order_of_rows_does_not_matter() -> None:
    """A shuffled file has the same held-out rows."""
    features, target = _table(200)
    order = np.random.default_rng(0).permutation(200)
    shuffled = features.iloc[order].reset_index(drop=True), target.iloc[order].reset_index(drop=True)
    assert _held_out(features, target) == _held_out(*shuffled)


def test_the_seed_changes_the_split() -> None:
    """Another seed holds out other rows, in tables of numbers too."""
    features, target = _table(200)
    assert _held_out(features, target, 1) != _held_out(features, target, 2)
    numbers = features[["x"]]
    assert _held_out(numbers, features["x"] * 2, 1) != _held_out(numbers, features["x"] * 2, 2)


def test_held_out_rows_stay_held_out_when_the_table_grows() -> None:
    """An earlier champion is evaluated on rows of which it was trained on very few."""
    features, target = _table(1100)
    before = _held_out(features[:1000], target[:1000])
    after = _held_out(features, target)
    assert len(before & after) > 0.9 * len(before)


def test_the_split_is_stratified() -> None:
    """A rare class is in both parts."""
    features, target = _table(200)
    split = hold_out(features, target, Task.CLASSIFICATION, 1)
    rare = int((target == "yes").sum())
    assert (split.held_out_target == "yes").sum() == round(rare * 0.2) > 0


def test_whole_doubles_have_the_split_of_integers() -> None:
    """A champion with integer columns is evaluated on rows that it was not trained on."""
    table = pd.DataFrame({"n": range(100), "x": np.arange(100) / 7})
    target = pd.Series(np.arange(100.0), name="y")
    as_integers = hold_out(table, target, Task.REGRESSION, 42)
    as_doubles = hold_out(table.astype(float), target, Task.REGRESSION, 42)
    assert list(as_integers.held_out_target) == list(as_doubles.held_out_target)
    assert as_doubles.held_out_features["n"].dtype == "float64"
