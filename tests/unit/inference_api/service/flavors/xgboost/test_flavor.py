"""Loading XGBoost models."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost
from boosted_cases import CLASSES, NUMBERS, VALUES

from src.errors import ModelRefusedError
from src.service.flavors.interface import ModelFile
from src.service.flavors.xgboost.flavor import XGBoostFlavor

FLAVOR = XGBoostFlavor()
BOOSTER = "xgboost.core.Booster"
DATA = NUMBERS.to_numpy()


def load(path: Path, model_class: str = BOOSTER) -> Any:
    """Load a file as the service does."""
    file = ModelFile(path.name, path.suffix[1:], xgboost.__version__, "predict", model_class)
    return FLAVOR.load(path.parent, file, allow_pickle=False)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A classifier in both formats."""
    folder = tmp_path_factory.mktemp("files")
    for suffix in ("ubj", "json"):
        xgboost.XGBClassifier(n_estimators=3, n_jobs=1).fit(NUMBERS, CLASSES).save_model(folder / f"model.{suffix}")
    return folder


@pytest.mark.parametrize("suffix", ["ubj", "json"])
@pytest.mark.parametrize("model_class", [BOOSTER, "xgboost.sklearn.XGBClassifier"])
def test_truncated_file(suffix: str, model_class: str, files: Path, tmp_path: Path) -> None:
    """A file that ends too early, or is of another format, is refused with a reason and does not crash the process."""
    whole = (files / f"model.{suffix}").read_bytes()
    path = tmp_path / f"model.{suffix}"
    for content in (b"", b"garbage", b"{}", bytes(50), *(whole[:end] for end in range(1, len(whole) - 1, 251))):
        path.write_bytes(content)
        with pytest.raises(ModelRefusedError, match=rf"the {suffix} file cannot be loaded: ."):
            load(path, model_class)


def test_not_the_class(files: Path) -> None:
    """A classifier is not loaded as a regressor; the message has neither source code nor a stack trace."""
    with pytest.raises(ModelRefusedError, match=r"an estimator with different type\. Expecting: regressor, got: class"):
        load(files / "model.ubj", "xgboost.sklearn.XGBRegressor")


@pytest.mark.parametrize("model_class", ["os.getcwd", "xgboost.dask.DaskXGBRegressor", "mine.XGBRegressor", 5])
def test_other_classes_are_refused(model_class: Any) -> None:
    """MLflow would import and call what the MLmodel file names, so only XGBoost's own classes are accepted."""
    pyfunc = {"loader_module": "mlflow.xgboost", "data": "model.ubj"}
    own = {"data": "model.ubj", "model_class": model_class}
    with pytest.raises(ModelRefusedError, match=r"the model's class is .*; served are xgboost"):
        FLAVOR.model_file({"flavors": {"python_function": pyfunc, "xgboost": own}})


@pytest.mark.parametrize("model_class", [BOOSTER, "xgboost.sklearn.XGBClassifier"])
def test_one_thread(model_class: str, files: Path) -> None:
    """A loaded model uses one thread."""
    found = load(files / "model.json", model_class)
    booster = found.booster if model_class == BOOSTER else found.get_booster()
    assert json.loads(booster.save_config())["learner"]["generic_param"]["nthread"] == "1"


def test_value_beyond_single_precision(files: Path) -> None:
    """A Booster refuses what MLflow refuses; the message has neither source code nor a stack trace."""
    booster = load(files / "model.ubj")
    FLAVOR.accept_arrays(booster)
    with pytest.raises(
        ValueError, match=r"^Check failed: valid: Input data contains `inf` or a value too large"
    ) as caught:
        booster.predict(np.array([[1e300, 1, 1]]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("booster", ["gbtree", "gblinear"])
def test_names(booster: str, tmp_path: Path) -> None:
    """Names are those of the fitting; an array is accepted when they are removed, and they can be restored."""
    model = xgboost.XGBRegressor(n_estimators=3, booster=booster, n_jobs=1).fit(NUMBERS, VALUES)
    model.save_model(tmp_path / "model.ubj")
    for model_class in (BOOSTER, "xgboost.sklearn.XGBRegressor"):
        found = load(tmp_path / "model.ubj", model_class)
        undo = FLAVOR.accept_arrays(found)
        assert found.predict(DATA).tolist() == model.predict(NUMBERS).tolist()
        undo()
        assert FLAVOR.fitted_input(found).names == ["a", "año", "c"]
        with pytest.raises(ValueError, match="feature_names mismatch"):
            found.predict(NUMBERS[["c", "a", "año"]])


def test_name_of_the_class(files: Path) -> None:
    """The name is that of the class in XGBoost."""
    names = [FLAVOR.estimator_name(load(files / "model.ubj", of)) for of in (BOOSTER, "xgboost.sklearn.XGBClassifier")]
    assert names == ["Booster", "XGBClassifier"]
