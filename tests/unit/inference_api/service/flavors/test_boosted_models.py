"""XGBoost and LightGBM models, from the files that MLflow saves to verified predictions."""

import contextlib
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mlflow.lightgbm
import mlflow.pyfunc
import mlflow.xgboost
import numpy as np
import pandas as pd
import pytest
import xgboost
import yaml
from boosted_cases import BOOSTED_CASES, CLASSES, NUMBERS
from mlflow.models import infer_signature
from model_cases import Case

from src.errors import ModelRefusedError
from src.service.content_digest import content_digest
from src.service.fetching import worker
from src.service.fetching.request import FetchRequest
from src.service.lifecycle.load_model import load_model
from src.service.prediction.model import LoadedModel
from src.service.registry.bundle import MODEL_FOLDER, Bundle
from src.service.verification.golden_answers import FILE

pytestmark = [
    # MLflow uses deprecated features of pandas and SQLAlchemy, and advises about integers: not tested here.
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*integer column:UserWarning"),
]
BOOSTER, LABELS = "XGBoost Booster", "LGBMClassifier of three texts"


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """The worker sets MLflow's options in the environment, which is restored afterwards."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


def save(case: Case, folder: Path) -> Path:
    """Save a model as MLflow does."""
    flavor = mlflow.xgboost if type(case.estimator).__module__.startswith("xgboost") else mlflow.lightgbm
    with contextlib.chdir(folder):  # MLflow creates the file of its default store in the current folder
        flavor.save_model(case.estimator, folder / "saved", pip_requirements=[], **case.options)
    return folder / "saved"


@pytest.fixture
def loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., LoadedModel]:
    """A function that fetches and loads the files of a folder."""

    def run(files: Path, digest: str = "", *, allow_pickle: bool = False) -> LoadedModel:
        destination = tmp_path / "destination"
        destination.mkdir()
        monkeypatch.setattr(worker, "download", lambda *_: Path(shutil.copytree(files, destination / MODEL_FOLDER)))
        worker.fetch(FetchRequest("http://127.0.0.1:9", "model", "1", "", "", digest, allow_pickle, str(destination)))
        return load_model(Bundle.read(destination), destination, allow_pickle=allow_pickle)

    return run


def rows_of(model: LoadedModel, data: Any) -> list[tuple[Any, ...]]:
    """The rows of an array or a DataFrame, validated from JSON objects in which a missing value is null."""
    names = [column.name for column in model.schema.columns]
    table = pd.DataFrame(np.asarray(data), columns=names) if isinstance(data, np.ndarray) else data
    records = table.to_dict(orient="records")
    return model.schema.rows_of([{str(k): None if v != v else v for k, v in row.items()} for row in records])  # noqa: PLR0124 - NaN differs from itself


@pytest.mark.parametrize("kind", BOOSTED_CASES)
def test_predictions_equal_pyfunc(kind: str, tmp_path: Path, loaded: Callable[..., LoadedModel]) -> None:
    """Every kind of model predicts exactly what `mlflow.pyfunc` does, from an array and not from a DataFrame."""
    case = BOOSTED_CASES[kind]()
    files = save(case, tmp_path)
    model = loaded(files)
    expected = np.asarray(mlflow.pyfunc.load_model(str(files)).predict(case.data)).tolist()
    assert model.predict(rows_of(model, case.data)) == expected
    assert [model.encoder.path, model.path] == [case.input_path, case.predict_path]
    assert len(model.bundle.checks) > 30


@pytest.mark.parametrize("kind", [kind for kind in BOOSTED_CASES if "Classifier" in kind])
def test_probabilities(kind: str, tmp_path: Path, loaded: Callable[..., LoadedModel]) -> None:
    """The probabilities of a classifier are those of its `predict_proba`."""
    case = BOOSTED_CASES[kind]()
    model = loaded(save(case, tmp_path))
    found: list[Any] = model.predict_with_probabilities(rows_of(model, case.data))
    assert [outcome.prediction for outcome in found] == case.estimator.predict(case.data).tolist()
    assert [outcome.probabilities for outcome in found] == case.estimator.predict_proba(case.data).tolist()
    assert list(model.required_classifier().labels) == case.estimator.classes_.tolist()


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("XGBRegressor, missing values", "XGBRegressor has no classes"),
        ("XGBoost Booster of probabilities", "Booster has no classes"),
        ("LGBMRegressor, missing values", "LGBMRegressor has no classes"),
        ("LightGBM Booster of probabilities", "Booster has no classes"),
    ],
)
def test_no_probabilities(kind: str, reason: str, tmp_path: Path, loaded: Callable[..., LoadedModel]) -> None:
    """What is no classifier says so."""
    model = loaded(save(BOOSTED_CASES[kind](), tmp_path))
    assert (model.classifier, model.probabilities_reason) == (None, reason)


@pytest.mark.parametrize(
    ("objective", "labels", "reason"),
    [
        ("binary:logitraw", CLASSES > 1, "does not give one number from 0 to 1"),
        ("binary:logistic", CLASSES[:, None] > [1, 0], "XGBClassifier has classes of several outputs"),
    ],
)
def test_not_probabilities(
    objective: str, labels: Any, reason: str, tmp_path: Path, loaded: Callable[..., LoadedModel]
) -> None:
    """A classifier whose `predict_proba` gives other numbers than one probability for each class has none."""
    model = xgboost.XGBClassifier(n_estimators=30, n_jobs=1, objective=objective).fit(NUMBERS, labels.astype(int))
    signature = infer_signature(NUMBERS, model.predict(NUMBERS))
    case = Case(model, NUMBERS, {"signature": signature, "input_example": NUMBERS[:3]}, "matrix")
    found = loaded(save(case, tmp_path))
    assert found.classifier is None
    assert reason in found.probabilities_reason
    assert found.predict(rows_of(found, NUMBERS)) == model.predict(NUMBERS).tolist()


@pytest.mark.parametrize("library", ["XGBoost", "LightGBM"])
def test_missing_values_are_optional(library: str, tmp_path: Path, loaded: Callable[..., LoadedModel]) -> None:
    """Without a signature every column may be missing, because trees have a branch for it."""
    model = loaded(save(BOOSTED_CASES[f"{library}, no signature"](), tmp_path))
    assert [column.name for column in model.schema.columns] == ["a", "año", "c"]
    assert not any(column.required for column in model.schema.columns)
    assert isinstance(model.predict(model.schema.rows_of([{}]))[0], float)


@pytest.mark.parametrize("kind", [BOOSTER, LABELS])
def test_library_that_is_not_installed(
    kind: str, tmp_path: Path, loaded: Callable[..., LoadedModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal says how to build the image with the library, also for a version in the cache."""
    files = save(BOOSTED_CASES[kind](), tmp_path)
    model = loaded(files)
    name = model.bundle.flavor
    monkeypatch.setitem(sys.modules, name, None)
    shutil.rmtree(tmp_path / "destination" / MODEL_FOLDER)
    with pytest.raises(ModelRefusedError, match=f"is not installed: build the image with FLAVORS={name}"):
        load_model(model.bundle, tmp_path / "destination", allow_pickle=False)
    shutil.rmtree(tmp_path / "destination")
    with pytest.raises(ModelRefusedError, match=f"is not installed: build the image with FLAVORS={name}"):
        loaded(files)


def test_golden_answers_are_not_enough(tmp_path: Path, loaded: Callable[..., LoadedModel]) -> None:
    """A file that may crash the library is loaded by the fetch process first, whatever answers came with it."""
    files = save(BOOSTED_CASES[BOOSTER](), tmp_path)
    (files / FILE).write_text('{"format": 1, "examples": 1, "checks": [{"row": {"a": 1, "c": 1}, "answer": 1.0}]}')
    assert len(loaded(files, content_digest(files)).bundle.checks) > 30


def test_pickle(tmp_path: Path, loaded: Callable[..., LoadedModel]) -> None:
    """An estimator of LightGBM in a pickle is refused, unless pickles are allowed."""
    case = BOOSTED_CASES[LABELS]()
    case.options["serialization_format"] = "cloudpickle"
    files = save(case, tmp_path)
    with pytest.raises(ModelRefusedError, match="stored as cloudpickle, which runs code of its author"):
        loaded(files)
    shutil.rmtree(tmp_path / "destination")
    model = loaded(files, allow_pickle=True)
    assert model.predict(rows_of(model, case.data)) == case.estimator.predict(case.data).tolist()


@pytest.mark.parametrize("kind", [BOOSTER, LABELS])
def test_another_model_file(kind: str, tmp_path: Path, loaded: Callable[..., LoadedModel]) -> None:
    """A model whose `python_function` names another file is refused before MLflow loads that."""
    files = save(BOOSTED_CASES[kind](), tmp_path)
    mlmodel = yaml.safe_load((files / "MLmodel").read_text())
    mlmodel["flavors"]["python_function"]["data"] = "other/model"
    (files / "MLmodel").write_text(yaml.safe_dump(mlmodel))
    with pytest.raises(ModelRefusedError, match="names another model file"):
        loaded(files)
