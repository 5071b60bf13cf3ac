"""The sums of XGBoost's trees have every bit of XGBoost's own."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost
from boosted_cases import CLASSES, NUMBERS, VALUES

from src.service.flavors.xgboost import tree_sums
from src.service.flavors.xgboost.flavor import XGBoostFlavor
from src.service.flavors.xgboost.native_booster import NativeBooster

DATA = NUMBERS.to_numpy()
SMALL: dict[str, Any] = {"n_estimators": 20, "n_jobs": 1, "max_depth": 4}


def computation(estimator: Any, method: str = "predict") -> Any:
    """The direct computation of an estimator."""
    return XGBoostFlavor().direct_computation(estimator, method, ())


def near_thresholds(booster: Any) -> Any:
    """Rows whose values are those that the trees compare with, the next ones in single precision, and missing ones."""
    model = json.loads(booster.save_raw("json"))["learner"]["gradient_booster"]["model"]
    splits: list[list[float]] = [[] for _ in range(DATA.shape[1])]
    for tree in model["trees"]:
        for column, value, left in zip(
            tree["split_indices"], tree["split_conditions"], tree["left_children"], strict=True
        ):
            if left != -1:
                exact = np.float32(value)
                splits[column] += [float(exact), float(np.nextafter(exact, np.float32(-np.inf)))]
    source = np.random.default_rng(4)
    columns = [source.choice([*found, np.nan], 300) for found in splits]
    return np.column_stack(columns)


ESTIMATORS = {
    "values": (xgboost.XGBRegressor(**SMALL), VALUES),
    "absolute error": (xgboost.XGBRegressor(objective="reg:absoluteerror", **SMALL), VALUES),
    "two classes": (xgboost.XGBClassifier(**SMALL), CLASSES > 1),
    "three classes": (xgboost.XGBClassifier(**SMALL), CLASSES),
    "forest": (xgboost.XGBRFClassifier(**SMALL), CLASSES),
    "forests in turn": (xgboost.XGBRegressor(num_parallel_tree=3, **SMALL), VALUES),
    "no split": (xgboost.XGBRegressor(gamma=1e9, **SMALL), VALUES),
}


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_every_bit_is_equal(kind: str) -> None:
    """Also for values at a threshold or next to it, and missing ones, in any number of rows, and in the other way."""
    estimator, target = ESTIMATORS[kind]
    estimator.fit(DATA, target)
    found = computation(estimator)
    rows = np.concatenate([DATA, near_thresholds(estimator.get_booster())]) if kind != "no split" else DATA
    expected = estimator.predict(rows).tolist()
    assert found(rows)[0].tolist() == expected
    assert [found(rows[place : place + 1])[0].tolist()[0] for place in range(len(rows))] == expected
    raw = found.raw(rows)
    assert raw.dtype == np.float32
    assert raw.tolist() == found.raw_of_many(rows).tolist()


def test_booster() -> None:
    """A Booster adds all its trees, an estimator those up to its best round."""
    options: dict[str, Any] = {**SMALL, "n_estimators": 60, "early_stopping_rounds": 20}
    noise = np.random.default_rng(5).normal(size=len(DATA))
    stopped = xgboost.XGBRegressor(**options).fit(DATA[:40], noise[:40], eval_set=[(DATA[40:], noise[40:])], verbose=0)
    booster = NativeBooster(stopped.get_booster())
    assert stopped.best_iteration + 1 < stopped.get_booster().num_boosted_rounds()
    for estimator in (stopped, booster):
        found = computation(estimator)
        assert found(DATA)[0].tolist() == estimator.predict(DATA).tolist()
        assert found.raw_of_many(DATA).ravel().tolist() == estimator.predict(DATA).tolist()
    assert stopped.predict(DATA).tolist() != booster.predict(DATA).tolist()


def test_values_beyond_single_precision() -> None:
    """Rows with such a value are left to XGBoost, which may refuse them."""
    estimator = xgboost.XGBRegressor(**SMALL).fit(DATA, VALUES)
    rows = DATA[:3].copy()
    rows[1, 0] = 1e300
    assert computation(estimator)(rows)[1] == [1]
    assert np.isnan(computation(estimator).raw_of_many(rows)[:, 0]).tolist() == [False, True, False]


def categories() -> Any:
    """Trees that compare with a set of categories."""
    matrix = xgboost.DMatrix(
        np.column_stack([CLASSES, DATA[:, 0]]), label=VALUES, feature_types=["c", "float"], enable_categorical=True
    )
    return NativeBooster(xgboost.train({"nthread": 1}, matrix, 3))


OTHERS: dict[str, Callable[[], Any]] = {
    "linear": lambda: xgboost.XGBRegressor(booster="gblinear", n_jobs=1).fit(np.nan_to_num(DATA), VALUES),
    "weighted trees": lambda: xgboost.XGBRegressor(booster="dart", **SMALL).fit(DATA, VALUES),
    "exponential": lambda: xgboost.XGBRegressor(objective="count:poisson", **SMALL).fit(DATA, abs(VALUES)),
    "several outputs": lambda: xgboost.XGBRegressor(**SMALL).fit(DATA, np.column_stack([VALUES, VALUES])),
    "other classes": lambda: xgboost.XGBClassifier(objective="binary:hinge", **SMALL).fit(DATA, CLASSES > 1),
    "probabilities": lambda: NativeBooster(xgboost.XGBClassifier(**SMALL).fit(DATA, CLASSES > 1).get_booster()),
    "categories": categories,
}


@pytest.mark.parametrize("kind", OTHERS)
def test_others_have_none(kind: str) -> None:
    """Other boosters, objectives and splits are left to XGBoost."""
    assert computation(OTHERS[kind]()) is None


def test_large_models_have_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose trees take too much memory is left to XGBoost."""
    estimator = xgboost.XGBRegressor(**SMALL).fit(DATA, VALUES)
    monkeypatch.setattr(tree_sums, "MAX_BYTES", 1000)
    assert computation(estimator) is None


def test_probabilities_have_none() -> None:
    """The exponential function of NumPy has other last bits than XGBoost's."""
    assert computation(xgboost.XGBClassifier(**SMALL).fit(DATA, CLASSES), "predict_proba") is None
