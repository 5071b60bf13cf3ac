"""Which models are of a flavor that the service serves."""

from typing import Any

import pytest

from src.errors import ModelRefusedError
from src.service.flavors.interface import ModelFile
from src.service.flavors.table import find_flavor

PYFUNC = {"loader_module": "mlflow.sklearn"}
REFUSED: list[tuple[dict[str, Any], str]] = [
    (
        {"python_function": {"loader_module": "mlflow.catboost"}, "catboost": {"a": 1}},
        "the model's flavor is catboost;",
    ),
    ({"python_function": {"loader_module": "mlflow.sklearn"}, "xgboost": {"a": 1}}, "the model's flavor is xgboost;"),
    ({"python_function": {"loader_module": "mlflow.pyfunc.model"}}, "the model's flavor is mlflow.pyfunc.model;"),
    (
        {"python_function": {"loader_module": "mlflow.pyfunc.model"}, "sklearn": {"a": 1}},
        "the model's flavor is sklearn",
    ),
    ({}, "the model's flavor is none;"),
    ({"sklearn": {"a": 1}}, "the estimator has no method predict"),
    ({"python_function": {**PYFUNC, "code": "code"}, "sklearn": {"a": 1}}, "brings code of its own"),
    ({"python_function": PYFUNC, "sklearn": {"code": "code"}}, "brings code of its own"),
    ({"python_function": {**PYFUNC, "data": "b"}, "sklearn": {"pickled_model": "a"}}, "another model file"),
    ({"python_function": {**PYFUNC, "model_path": "b"}, "sklearn": {"pickled_model": "a"}}, "another model file"),
    ({"python_function": {**PYFUNC, "data": "b/a"}, "sklearn": {"pickled_model": "b/a"}}, "another model file"),
]


@pytest.mark.parametrize(("flavors", "reason"), REFUSED)
def test_other_flavors_are_refused(flavors: dict[str, Any], reason: str) -> None:
    """A model of another flavor, or with code of its own, is refused with the reason."""
    with pytest.raises(ModelRefusedError, match=reason):
        find_flavor({"flavors": flavors}).model_file({"flavors": flavors})


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        (
            "xgboost",
            {"data": "model.json", "model_format": "json", "model_class": "xgboost.sklearn.XGBRegressor"},
            ModelFile("model.json", "json", "", "predict", "xgboost.sklearn.XGBRegressor"),
        ),
        (
            "xgboost",
            {"data": "model.xgb", "xgb_version": "1.5.0"},
            ModelFile("model.xgb", "xgb", "1.5.0", "predict", "xgboost.core.Booster"),
        ),
        (
            "lightgbm",
            {"data": "model.lgb", "serialization_format": "skops", "model_class": "lightgbm.basic.Booster"},
            ModelFile("model.lgb", "text", "", "predict", "lightgbm.basic.Booster"),
        ),
        (
            "lightgbm",
            {"data": "model.lgb", "lgb_version": "3.3.0"},
            ModelFile("model.lgb", "text", "3.3.0", "predict", "lightgbm.basic.Booster"),
        ),
        (
            "lightgbm",
            {"data": "model.pkl", "model_class": "lightgbm.sklearn.LGBMRegressor"},
            ModelFile("model.pkl", "cloudpickle", "", "predict", "lightgbm.sklearn.LGBMRegressor"),
        ),
    ],
)
def test_xgboost_and_lightgbm(name: str, own: dict[str, Any], expected: ModelFile) -> None:
    """The MLmodel files of MLflow now, and before it saved estimators (no class) or other formats (a pickle)."""
    mlmodel = {"flavors": {"python_function": {"loader_module": f"mlflow.{name}", "data": own["data"]}, name: own}}
    assert find_flavor(mlmodel).name == name
    assert find_flavor(mlmodel).model_file(mlmodel) == expected


def test_scikit_learn() -> None:
    """A scikit-learn model is found by its flavor, and its MLmodel file names the file, format, version and method."""
    configuration = {"pickled_model": "m.skops", "serialization_format": "skops", "sklearn_version": "1.8.0"}
    mlmodel = {"flavors": {"python_function": {**PYFUNC, "predict_fn": "predict_proba"}, "sklearn": configuration}}
    flavor = find_flavor(mlmodel)
    assert flavor.name == "sklearn"
    assert flavor.model_file(mlmodel) == ModelFile("m.skops", "skops", "1.8.0", "predict_proba")


def test_defaults_of_mlflow() -> None:
    """Without a format the file is a pickle, and without a method `predict` is called, as MLflow reads it."""
    mlmodel = {"flavors": {"python_function": PYFUNC, "sklearn": {"pickled_model": "model.pkl"}}}
    assert find_flavor(mlmodel).model_file(mlmodel) == ModelFile("model.pkl", "pickle", "", "predict")
