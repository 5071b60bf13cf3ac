"""The estimator is the simplest one for the columns and accepts every form of a missing value."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LinearRegression

from src.service.training.feature_columns import split_columns
from src.service.training.pipeline import build_estimator
from src.service.training.task import Task

_ROWS = 80
_EFFECT = {"x": 10.0, "y": 20.0}
_EFFECT_MISSING = 70.0


def _table() -> tuple[pd.DataFrame, pd.Series]:
    """A target that is exactly linear in the columns after their preparation."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "número": draw.normal(size=_ROWS),
            "gaps": draw.normal(size=_ROWS),
            "count": draw.integers(0, 9, _ROWS),
            "text": draw.choice(["x", "y"], _ROWS),
            "flag": draw.random(_ROWS) > 0.5,
            "maybe": draw.random(_ROWS) > 0.5,
        },
    )
    table["gaps"] = table["gaps"].mask(draw.random(_ROWS) < 0.2)
    table["text"] = table["text"].mask(draw.random(_ROWS) < 0.2)
    table["maybe"] = table["maybe"].astype(object).mask(draw.random(_ROWS) < 0.2)
    target = (
        2 * table["número"]
        + 3 * table["count"]
        + table["text"].map(_EFFECT).fillna(_EFFECT_MISSING).astype(float)
        + 5 * table["flag"]
    )
    return table, target


def test_complete_numbers_need_no_preparation() -> None:
    """The estimator is then a LinearRegression without other steps."""
    table = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]})
    assert type(build_estimator(table, split_columns(table), Task.REGRESSION)) is LinearRegression


def test_the_steps_depend_on_the_columns() -> None:
    """Missing values and categories need a preparation; a classifier gets scaled columns."""
    table, _ = _table()
    assert list(build_estimator(table, split_columns(table), Task.REGRESSION).named_steps) == ["prepare", "model"]
    assert list(build_estimator(table, split_columns(table), Task.CLASSIFICATION).named_steps) == [
        "prepare",
        "scale",
        "model",
    ]
    assert list(
        build_estimator(table[["número"]], split_columns(table[["número"]]), Task.CLASSIFICATION).named_steps
    ) == ["scale", "model"]


def test_a_linear_target_is_predicted_exactly() -> None:
    """A missing text has its own effect, like a category."""
    table, target = _table()
    model = build_estimator(table, split_columns(table), Task.REGRESSION).fit(table, target)
    np.testing.assert_allclose(model.predict(table), target, atol=1e-9)


@pytest.mark.parametrize("dtype", [object, "str", "string"])
@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=["None", "NaN", "NA"])
def test_every_form_of_missing_text_is_the_same(missing: Any, dtype: Any) -> None:
    """None, NaN and pd.NA in any text column have the effect of the missing texts of the training data."""
    table, target = _table()
    model = build_estimator(table, split_columns(table), Task.REGRESSION).fit(table, target)
    row = table[table["text"] == "x"].head(1)
    asked = row.assign(text=pd.Series([missing], dtype=dtype, index=row.index))
    assert model.predict(asked)[0] == pytest.approx(model.predict(row)[0] - _EFFECT["x"] + _EFFECT_MISSING)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA], ids=["None", "NaN", "NA"])
def test_every_form_of_a_missing_boolean_is_the_same(missing: Any) -> None:
    """The same for booleans in a column of objects."""
    table, target = _table()
    model = build_estimator(table, split_columns(table), Task.REGRESSION).fit(table, target)
    asked = table.head(1).assign(maybe=pd.Series([missing], dtype=object))
    assert model.predict(asked)[0] == pytest.approx(target[0])


def test_unknown_values_are_accepted() -> None:
    """An unknown text counts as missing, as does a missing number."""
    table, target = _table()
    model = build_estimator(table, split_columns(table), Task.REGRESSION).fit(table, target)
    row = table[table["text"] == "x"].head(1)
    asked = row.assign(text="never seen", gaps=np.nan)
    assert model.predict(asked)[0] == pytest.approx(model.predict(row)[0] - _EFFECT["x"] + _EFFECT_MISSING)


def test_complete_columns_may_have_missing_values_later() -> None:
    """A number that was never missing in training is filled in."""
    table, target = _table()
    model = build_estimator(table, split_columns(table), Task.REGRESSION).fit(table, target)
    assert np.isfinite(model.predict(table.head(1).assign(número=np.nan))).all()


def test_a_column_may_be_empty_in_the_training_rows() -> None:
    """Its only values may be in the held-out rows or in another fold."""
    table, target = _table()
    model = build_estimator(table, split_columns(table), Task.REGRESSION).fit(table.assign(gaps=np.nan), target)
    np.testing.assert_allclose(model.predict(table), target, atol=1e-6)


@pytest.mark.parametrize("gaps", [False, True])
def test_dates_are_numbers(gaps: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """A price that grows by the day is predicted exactly, also between and after known days; dates may be missing."""
    days = pd.Series(np.random.default_rng(1).permutation(_ROWS))
    missing = (days < 9) & gaps
    table = pd.DataFrame(
        {"day": (pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")).astype("datetime64[ns]")}
    )
    target = (3.0 * days).mask(missing, 50.0)
    table["day"] = table["day"].mask(missing)
    model = build_estimator(table, split_columns(table), Task.REGRESSION).fit(table, target)
    asked = pd.DataFrame({"day": pd.to_datetime(["2024-01-20T12:00", "2025-01-01T00:00"]).astype("datetime64[ns]")})
    np.testing.assert_allclose(model.predict(asked), [3 * 19.5, 3 * 366], atol=1e-5)
    nothing = pd.DataFrame({"day": pd.Series([pd.NaT], dtype="datetime64[ns]")})
    assert model.predict(nothing)[0] == pytest.approx(50.0 if gaps else np.median(target))


def test_empty_branches_are_left_out() -> None:
    """A preparation step without columns is left out."""
    table, target = _table()
    for names in (["flag"], ["gaps"], ["text"], ["maybe", "flag"]):
        model = build_estimator(table[names], split_columns(table[names]), Task.REGRESSION).fit(table[names], target)
        assert np.isfinite(model.predict(table[names])).all()


@pytest.mark.parametrize("task", list(Task))
def test_few_types_have_to_be_trusted(task: Task) -> None:
    """Besides the defaults of skops only numpy.dtype, so that servers can load the model safely."""
    table, target = _table()
    labels = target > target.median() if task is Task.CLASSIFICATION else target
    stored = skops.io.dumps(build_estimator(table, split_columns(table), task).fit(table, labels.to_numpy()))
    assert set(skops.io.get_untrusted_types(data=stored)) <= {"numpy.dtype"}
