"""Loading LightGBM models."""

import json
import os
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import lightgbm
import numpy as np
import pytest
import skops.io
from boosted_cases import CLASSES, LABELS, NUMBERS, VALUES
from sklearn.linear_model import LinearRegression

from src.errors import ModelRefusedError
from src.service.flavors.interface import ModelFile
from src.service.flavors.lightgbm.flavor import LightGBMFlavor

FLAVOR = LightGBMFlavor()
BOOSTER = "lightgbm.basic.Booster"
DATA = NUMBERS.to_numpy()
QUIET: dict[str, Any] = {"n_estimators": 5, "n_jobs": 1, "verbose": -1, "min_child_samples": 2}


def load(path: Path) -> Any:
    """Load a file as the service does."""
    kind = "text" if path.suffix == ".lgb" else "skops"
    file = ModelFile(path.name, kind, lightgbm.__version__, "predict", BOOSTER)
    return FLAVOR.load(path.parent, file, allow_pickle=False)


@pytest.fixture(scope="module")
def classifier() -> Any:
    """A classifier that was fitted with a validation set, whose results it keeps."""
    return lightgbm.LGBMClassifier(**QUIET).fit(NUMBERS, CLASSES, eval_X=NUMBERS, eval_y=CLASSES)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """A Booster."""
    path = tmp_path / "model.lgb"
    lightgbm.LGBMRegressor(**QUIET).fit(NUMBERS, VALUES).booster_.save_model(path)
    return path


def test_truncated_text(text: Path) -> None:
    """A text that ends too early, or is something else, is refused with a reason and does not crash the process."""
    whole = text.read_bytes().rstrip()
    for content in (b"", b"garbage", b"tree\n", *(whole[:end] for end in (*range(1, len(whole), 251), len(whole) - 1))):
        text.write_bytes(content)
        with pytest.raises(ModelRefusedError, match=r"the text file cannot be loaded: \w"):
            load(text)


def test_text_of_another_system(text: Path) -> None:
    """The line ends of Windows, which Python writes there around the last line, are accepted."""
    content = text.read_bytes()
    place = content.rindex(b"\npandas_categorical")
    text.write_bytes(content[:place] + content[place:].replace(b"\n", b"\r\n"))
    assert load(text).predict(DATA).shape == (len(DATA),)


def test_unfitted_booster(tmp_path: Path, classifier: Any) -> None:
    """An estimator whose Booster has no content is refused: its prediction would crash the process."""
    path = tmp_path / "model.skops"
    skops.io.dump(classifier, path)
    with ZipFile(path) as archive:
        members: dict[str, Any] = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members["schema.json"])
    schema["content"]["content"]["_Booster"]["content"]["content"]["_handle"]["content"] = "null"
    with ZipFile(path, "w") as archive:
        for name, content in {**members, "schema.json": json.dumps(schema)}.items():
            archive.writestr(name, content)
    with pytest.raises(ModelRefusedError, match="an estimator without a Booster"):
        load(path)


def test_unfitted_estimator(tmp_path: Path) -> None:
    """An estimator that was not fitted is refused."""
    skops.io.dump(lightgbm.LGBMRegressor(), tmp_path / "model.skops")
    with pytest.raises(ModelRefusedError, match="an estimator without a Booster"):
        load(tmp_path / "model.skops")


def test_estimator_of_another_library(tmp_path: Path) -> None:
    """What is not of LightGBM is refused."""
    skops.io.dump(LinearRegression().fit(DATA[:, :1], VALUES), tmp_path / "model.skops")
    with pytest.raises(ModelRefusedError, match=r"holds a LinearRegression, .* log it with mlflow\.sklearn\.log_model"):
        load(tmp_path / "model.skops")


@pytest.mark.parametrize("value", [os.system, lightgbm.train, lightgbm.LGBMRegressor.fit])
def test_other_types_are_not_trusted(value: Any, tmp_path: Path) -> None:
    """A function in an attribute is refused, also one of LightGBM."""
    model = lightgbm.LGBMRegressor(**QUIET).fit(NUMBERS, VALUES)
    model._objective = value
    skops.io.dump(model, tmp_path / "model.skops")
    with pytest.raises(ModelRefusedError, match=r"holds types that are not trusted: .*(system|train|fit)"):
        load(tmp_path / "model.skops")


@pytest.mark.parametrize("labels", [LABELS, LABELS == "alto", CLASSES, CLASSES > 1])
def test_labels_and_probabilities(labels: Any, tmp_path: Path) -> None:
    """Labels and probabilities of any number of classes are those of the estimator."""
    model: Any = lightgbm.LGBMClassifier(**QUIET).fit(NUMBERS, labels)
    skops.io.dump(model, tmp_path / "model.skops")
    found = load(tmp_path / "model.skops")
    for table in (NUMBERS, DATA):
        assert found.predict(table).tolist() == model.predict(NUMBERS).tolist()
        assert found.predict_proba(table).tolist() == model.predict_proba(NUMBERS).tolist()
    assert found.classes_.tolist() == model.classes_.tolist()


def test_early_stopping_of_predictions(tmp_path: Path) -> None:
    """A parameter of the estimator that changes its predictions is applied."""
    early: dict[str, Any] = {"pred_early_stop": True, "pred_early_stop_freq": 1, "pred_early_stop_margin": 0.01}
    model: Any = lightgbm.LGBMClassifier(**QUIET, **early).fit(NUMBERS, CLASSES > 1)
    skops.io.dump(model, tmp_path / "model.skops")
    found = load(tmp_path / "model.skops").predict_proba(NUMBERS)
    assert found.tolist() == model.predict_proba(NUMBERS).tolist()
    assert found.tolist() != model.set_params(pred_early_stop=False).predict_proba(NUMBERS).tolist()


def test_names(text: Path, tmp_path: Path) -> None:
    """Names are those of the fitting; LightGBM's own for columns without names are none."""
    assert FLAVOR.fitted_input(load(text)).names == ["a", "año", "c"]
    lightgbm.LGBMRegressor(**QUIET).fit(DATA, VALUES).booster_.save_model(tmp_path / "array.lgb")
    fitted = FLAVOR.fitted_input(load(tmp_path / "array.lgb"))
    assert (fitted.names, fitted.count) == (None, 3)


def test_name_of_the_class(text: Path, tmp_path: Path, classifier: Any) -> None:
    """The name is that of the class in LightGBM."""
    skops.io.dump(classifier, tmp_path / "model.skops")
    names = [FLAVOR.estimator_name(load(path)) for path in (text, tmp_path / "model.skops")]
    assert names == ["Booster", "LGBMClassifier"]


def test_integers_of_arrays(text: Path) -> None:
    """Integers of an array are treated as those of a DataFrame when that is wanted, and not any more afterwards."""
    found = load(text)
    seen: list[Any] = []

    class Recorder:
        def predict(self, table: Any, **_: Any) -> Any:
            seen.append(table.dtype)
            return np.zeros(len(table))

    found.booster = Recorder()
    integers = np.ones((1, 3), dtype="int64")
    found.predict(integers)
    undo = found.treat_arrays_as_frames()
    found.predict(integers)
    found.predict(integers.astype("int16"))
    undo()
    found.predict(integers)
    assert seen == ["int64", "float64", "float32", "int64"]
