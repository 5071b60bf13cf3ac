"""XGBoost and LightGBM models whose predictions the service must compute as `mlflow.pyfunc` does."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import xgboost
from mlflow.models import infer_signature
from model_cases import ROWS, Case

_SOURCE = np.random.default_rng(11)
NUMBERS = pd.DataFrame(_SOURCE.normal(5, 3, (ROWS, 3)), columns=["a", "año", "c"])
NUMBERS["año"] = NUMBERS["año"].mask(_SOURCE.random(ROWS) < 0.2)
VALUES = NUMBERS["a"] * 2 + NUMBERS["c"] + NUMBERS["año"].fillna(20)
CLASSES = np.digitize(VALUES, [18, 25])
LABELS = np.array(["bajo", "medio", "alto"])[CLASSES]
INTEGERS = pd.DataFrame(
    {
        "big": _SOURCE.integers(-(2**40), 2**40, ROWS),
        "small": _SOURCE.integers(0, 9, ROWS).astype("int32"),
        "flag": _SOURCE.random(ROWS) < 0.5,
    }
)
NEIGHBOURS = pd.DataFrame({"big": 2**24 + np.arange(ROWS)})
_SMALL: dict[str, Any] = {"n_estimators": 5, "n_jobs": 1}
_QUIET: dict[str, Any] = {**_SMALL, "verbose": -1, "min_child_samples": 2}


def _case(estimator: Any, data: Any, predicted: Any, **options: Any) -> Case:
    options = {"signature": infer_signature(data, predicted), "input_example": data[:3], **options}
    return Case(estimator, data, options, "matrix", "direct" if _is_of_xgboost(estimator) else "LightGBM")


def _is_of_xgboost(estimator: Any) -> bool:
    return type(estimator).__module__.startswith("xgboost")


def _by_xgboost(build: Callable[[], Case]) -> Callable[[], Case]:
    """A model that XGBoost itself computes."""
    return lambda: replace(build(), predict_path="XGBoost")


def _fitted(estimator: Any, data: Any, target: Any, **options: Any) -> Callable[[], Case]:
    def build() -> Case:
        estimator.fit(data, target)
        return _case(estimator, data, estimator.predict(data), **options)

    return build


def _xgboost_booster(data: Any, target: Any, **parameters: Any) -> Callable[[], Case]:
    def build() -> Case:
        matrix = xgboost.DMatrix(data, label=target)
        booster = xgboost.train({"nthread": 1, **parameters}, matrix, 5)
        return _case(booster, data, booster.predict(matrix))

    return build


def _lightgbm_booster(data: Any, target: Any, **parameters: Any) -> Callable[[], Case]:
    def build() -> Case:
        training = lightgbm.Dataset(data, label=target, params={"verbose": -1})
        booster = lightgbm.train({"num_threads": 1, "verbose": -1, "min_data_in_leaf": 2, **parameters}, training, 5)
        return _case(booster, data, booster.predict(data))

    return build


def _unsigned(build: Callable[[], Case]) -> Callable[[], Case]:
    return lambda: replace(build(), options={})


_SEVERAL: dict[str, Any] = {"objective": "multi:softprob", "num_class": 3}
XGBOOST_CASES: dict[str, Callable[[], Case]] = {
    "XGBRegressor, missing values": _fitted(xgboost.XGBRegressor(**_SMALL), NUMBERS, VALUES),
    "XGBRegressor, linear": _by_xgboost(_fitted(xgboost.XGBRegressor(booster="gblinear", **_SMALL), NUMBERS, VALUES)),
    "XGBClassifier of two classes": _fitted(xgboost.XGBClassifier(**_SMALL), NUMBERS, CLASSES > 1),
    "XGBClassifier of three, JSON": _fitted(xgboost.XGBClassifier(**_SMALL), NUMBERS, CLASSES, model_format="json"),
    "XGBRFClassifier": _fitted(xgboost.XGBRFClassifier(**_SMALL), NUMBERS, CLASSES),
    "XGBoost Booster": _xgboost_booster(NUMBERS, VALUES),
    "XGBoost Booster of probabilities": _by_xgboost(_xgboost_booster(NUMBERS, CLASSES, **_SEVERAL)),
    "XGBoost Booster without names": _xgboost_booster(NUMBERS.to_numpy(), VALUES),
    "XGBoost, no signature": _unsigned(_xgboost_booster(NUMBERS, VALUES)),
    "XGBoost, no signature, no names": _unsigned(_xgboost_booster(NUMBERS.to_numpy(), VALUES)),
    "XGBoost of integers": _fitted(xgboost.XGBRegressor(**_SMALL), INTEGERS, INTEGERS["big"] / 2**40),
}
LIGHTGBM_CASES: dict[str, Callable[[], Case]] = {
    "LGBMRegressor, missing values": _fitted(lightgbm.LGBMRegressor(**_QUIET), NUMBERS, VALUES),
    "LGBMClassifier of two classes": _fitted(lightgbm.LGBMClassifier(**_QUIET), NUMBERS, LABELS == "alto"),
    "LGBMClassifier of three texts": _fitted(lightgbm.LGBMClassifier(**_QUIET), NUMBERS, LABELS),
    "LightGBM Booster": _lightgbm_booster(NUMBERS, VALUES),
    "LightGBM Booster of probabilities": _lightgbm_booster(NUMBERS, CLASSES, objective="multiclass", num_class=3),
    "LightGBM Booster without names": _lightgbm_booster(NUMBERS.to_numpy(), VALUES),
    "LightGBM, no signature": _unsigned(_lightgbm_booster(NUMBERS, VALUES)),
    "LightGBM, no signature, no names": _unsigned(_lightgbm_booster(NUMBERS.to_numpy(), VALUES)),
    "LightGBM of integers": _fitted(lightgbm.LGBMRegressor(**_QUIET), INTEGERS, INTEGERS["big"]),
    "LightGBM of integers beyond single precision": _fitted(
        lightgbm.LGBMRegressor(min_child_samples=1, min_data_in_bin=1, n_estimators=5, n_jobs=1, verbose=-1),
        NEIGHBOURS,
        np.arange(ROWS) % 7,
    ),
    "LightGBM of an array of integers": _fitted(
        lightgbm.LGBMRegressor(**_QUIET), INTEGERS.to_numpy(dtype="int64"), INTEGERS["big"]
    ),
}
BOOSTED_CASES = XGBOOST_CASES | LIGHTGBM_CASES
