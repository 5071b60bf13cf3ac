"""The fetch process: a bundle, or an error, from the files that MLflow delivers."""

import contextlib
import io
import json
import os
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
import sklearn
import skops.io
import yaml
from mlflow.models import infer_signature
from service_process import free_port
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from src.errors import ModelError, ModelRefusedError
from src.service.content_digest import content_digest
from src.service.fetching import worker as module
from src.service.fetching.request import FetchRequest
from src.service.fetching.worker import fetch, main
from src.service.flavors.sklearn.flavor import SklearnFlavor
from src.service.lifecycle.load_model import load_model
from src.service.registry.bundle import MODEL_FOLDER, Bundle
from src.service.schema.validator import Schema
from src.service.verification.golden_answers import FILE
from src.service.verification.verify import verify_model

pytestmark = [
    # MLflow uses deprecated features of pandas and SQLAlchemy, which are not tested here.
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
]
DATA = pd.DataFrame(np.random.default_rng(2).normal(0, 1, (20, 2)), columns=["a b", "año"])
MODEL = LinearRegression().fit(DATA, DATA.sum(axis=1))


@pytest.fixture(autouse=True)
def _environment() -> Iterator[None]:
    """The worker sets MLflow's options in the environment, which is restored afterwards."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model as MLflow logs it, with a signature, an example and the trainer's predictions."""
    folder = tmp_path_factory.mktemp("logged") / "model"
    with contextlib.chdir(folder.parent):  # MLflow creates the file of its default store in the current folder
        mlflow.sklearn.save_model(
            MODEL,
            folder,
            signature=infer_signature(DATA, MODEL.predict(DATA)),
            input_example=DATA[:3],
            metadata={"example_prediction": MODEL.predict(DATA[:3]).tolist()},
            pip_requirements=[],
        )
    return folder


@pytest.fixture
def files(logged: Path, tmp_path: Path) -> Path:
    """A copy of that model, to be changed."""
    return Path(shutil.copytree(logged, tmp_path / "files"))


@pytest.fixture
def request_(tmp_path: Path) -> FetchRequest:
    """A request to fetch into an empty folder."""
    (tmp_path / "destination").mkdir()
    return FetchRequest(
        tracking_uri=f"http://127.0.0.1:{free_port()}",
        name="model",
        version="3",
        run_id="run",
        source="models:/m-3",
        content_sha256="",
        allow_pickle=False,
        destination=str(tmp_path / "destination"),
    )


class FolderDownload:
    """Copies local files in place of a download."""

    def __init__(self, files: Path) -> None:
        """Store the folder of the files."""
        self._files = files

    def __call__(self, _request: FetchRequest, destination: Path) -> Path:
        """Copy the files to the destination of the download."""
        return Path(shutil.copytree(self._files, destination / MODEL_FOLDER))


@pytest.fixture
def fetched(files: Path, request_: FetchRequest, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Bundle]:
    """A function that fetches the files."""

    def run(**changes: Any) -> Bundle:
        monkeypatch.setattr(module, "download", FolderDownload(files))
        return fetch(replace(request_, **changes))

    return run


def change(files: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    """Change the MLmodel file."""
    path = files / "MLmodel"
    mlmodel = yaml.safe_load(path.read_text())
    edit(mlmodel)
    path.write_text(yaml.safe_dump(mlmodel))


def test_bundle(fetched: Callable[..., Bundle], request_: FetchRequest, files: Path) -> None:
    """The bundle has the columns, the example, the predictions of pyfunc and of the trainer, and the digest."""
    bundle = fetched()
    assert [(column.name, column.kind) for column in bundle.columns] == [("a b", "number"), ("año", "number")]
    assert bundle.example == DATA.iloc[0].to_dict()
    assert (bundle.name, bundle.version, bundle.run_id, bundle.source) == ("model", "3", "run", "models:/m-3")
    assert (bundle.serialization_format, bundle.predict_fn, bundle.named) == ("skops", "predict", True)
    assert len(bundle.checks) == 33
    assert [check.answer for check in bundle.logged] == pytest.approx(MODEL.predict(DATA[:3]))
    assert bundle.content_sha256 == content_digest(files)
    assert bundle.digest_verified is False
    assert bundle.library_version
    assert Bundle.read(Path(request_.destination)) == bundle


def test_bundle_serves(fetched: Callable[..., Bundle]) -> None:
    """A fetched bundle passes its verification."""
    bundle = fetched()
    assert (
        verify_model(
            SklearnFlavor(), bundle, Schema(bundle.columns, bundle.example), deepcopy(MODEL)
        ).method.encoder.path
        == "matrix"
    )


def test_digest_of_the_registry(fetched: Callable[..., Bundle], files: Path) -> None:
    """The registry's digest is compared with the files, and the bundle records it."""
    assert fetched(content_sha256=content_digest(files)).digest_verified is True


def test_changed_files_are_refused(fetched: Callable[..., Bundle], files: Path) -> None:
    """Files that differ from the registered ones are refused before any is loaded."""
    digest = content_digest(files)
    (files / "model.skops").write_bytes(b"not even skops")
    with pytest.raises(ModelRefusedError, match="do not match the digest in the registry"):
        fetched(content_sha256=digest)


def test_without_signature_and_example(fetched: Callable[..., Bundle], files: Path) -> None:
    """A model without signature and example gets the columns that it was fitted with and a default example."""

    def strip(mlmodel: dict[str, Any]) -> None:
        for key in ("signature", "saved_input_example_info", "metadata"):
            mlmodel.pop(key)

    change(files, strip)
    bundle = fetched()
    assert bundle.example == {"a b": 1.0, "año": 1.0}
    assert bundle.logged == ()
    assert len(bundle.checks) == 31


@pytest.mark.parametrize("metadata", [None, {}, {"example_prediction": "text"}, {"example_prediction": 5}])
def test_trainer_that_logged_nothing(metadata: Any, fetched: Callable[..., Bundle], files: Path) -> None:
    """A model without predictions of its trainer, or with another value under that key, has none to compare."""
    change(files, lambda mlmodel: mlmodel.update(metadata=metadata))
    assert fetched().logged == ()


@pytest.mark.parametrize("model_file", ["../outside", "/etc/passwd", "a/../../outside"])
def test_model_file_outside(model_file: str, fetched: Callable[..., Bundle], files: Path) -> None:
    """A path that leads out of the model's folder is refused."""

    def name_it(mlmodel: dict[str, Any]) -> None:
        mlmodel["flavors"]["sklearn"]["pickled_model"] = model_file
        mlmodel["flavors"]["python_function"]["model_path"] = model_file

    change(files, name_it)
    with pytest.raises(ModelRefusedError, match="lies outside the model's folder"):
        fetched()


def test_pickle_is_refused(fetched: Callable[..., Bundle], files: Path) -> None:
    """A flavor without a format is a pickle, as MLflow reads it."""
    change(files, lambda mlmodel: mlmodel["flavors"]["sklearn"].pop("serialization_format"))
    with pytest.raises(ModelRefusedError, match="stored as pickle"):
        fetched()


def save(folder: Path, estimator: Any, data: Any, **options: Any) -> None:
    """Replace the model of a folder by another one, as MLflow logs it."""
    shutil.rmtree(folder)
    with contextlib.chdir(folder.parent):
        mlflow.sklearn.save_model(
            estimator,
            folder,
            signature=infer_signature(data, estimator.predict(data)),
            input_example=data[:4],
            skops_trusted_types=["numpy.dtype"],
            pip_requirements=[],
            **options,
        )


@pytest.mark.filterwarnings("ignore:.*integer column:UserWarning")  # MLflow's advice about missing integers
def test_example_that_mlflow_cannot_convert(fetched: Callable[..., Bundle], files: Path) -> None:
    """An example with a missing `long`, which MLflow cannot convert to int64, is read as it was logged."""
    data = pd.DataFrame({"rooms": pd.array([None, 1, 2, 4] * 5, dtype="Int64"), "x": np.arange(20.0)})
    save(files, make_pipeline(SimpleImputer(), LinearRegression()).fit(data, data["x"]), data)
    bundle = fetched()
    rows = [check.row for check in bundle.checks]
    assert {"rooms": 1, "x": 1.0} in rows
    assert {"rooms": None, "x": 0.0} in rows
    assert bundle.example == {"x": 0.0}


def test_model_of_another_scikit_learn(fetched: Callable[..., Bundle], files: Path) -> None:
    """A model that raises for every row is refused with its own reason and both versions of scikit-learn."""
    pipeline = make_pipeline(SimpleImputer(), LinearRegression()).fit(DATA, DATA.sum(axis=1))
    save(files, pipeline, DATA)
    del pipeline[0]._fill_dtype  # which imputers before 1.8 do not have
    (files / "model.skops").write_bytes(skops.io.dumps(pipeline))
    change(files, lambda mlmodel: mlmodel["flavors"]["sklearn"].update(sklearn_version="1.5.2"))
    with pytest.raises(ModelRefusedError) as caught:
        fetched()
    assert caught.value.detail == (
        "mlflow.pyfunc gives no repeatable finite answer for any of 34 rows that were tried: "
        "AttributeError: 'SimpleImputer' object has no attribute '_fill_dtype' "
        f"(saved with scikit-learn 1.5.2, served with {sklearn.__version__})"
    )


def test_file_that_only_another_scikit_learn_reads(fetched: Callable[..., Bundle], files: Path) -> None:
    """When the file cannot be loaded, the error has the versions that it was saved with and would be served with."""

    def age(mlmodel: dict[str, Any]) -> None:
        mlmodel["flavors"]["sklearn"]["sklearn_version"] = "1.5.2"

    change(files, age)
    (files / "model.skops").write_bytes(b"broken")
    with pytest.raises(ModelRefusedError, match=r"cannot be loaded: .*saved with scikit-learn 1\.5\.2, served with"):
        fetched()


def test_texts_in_a_table(fetched: Callable[..., Bundle], files: Path) -> None:
    """A model of texts with a signature of a table is refused: MLflow gives it the names of the columns."""
    texts = pd.DataFrame({"texto": ["hola mundo", "mal día"] * 10})
    model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts["texto"], [0, 1] * 10)
    signature = infer_signature(texts, np.array([0, 1]))
    shutil.rmtree(files)
    mlflow.sklearn.save_model(
        model, files, signature=signature, pip_requirements=[], skops_trusted_types=["numpy.dtype"]
    )
    with pytest.raises(ModelRefusedError, match=r"takes a sequence of texts, .*infer_signature\(numpy\.array\(texts\)"):
        fetched()


def test_values_that_the_encoder_knows(fetched: Callable[..., Bundle], files: Path) -> None:
    """Without an example the rows have the categories that the model was fitted with; it refuses others."""
    data = pd.DataFrame({"colour": ["red", "blue"] * 10, "x": np.arange(20.0)})
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", ["x"]))
    save(files, make_pipeline(columns, LinearRegression()).fit(data, data["x"]), data)
    change(files, lambda mlmodel: mlmodel.pop("saved_input_example_info"))
    bundle = fetched()
    assert len(bundle.checks) == 31
    assert {check.row["colour"] for check in bundle.checks} == {"red", "blue"}


_TEXTS_IN_ARRAY = np.array([["s", "a"], ["m", "b"], ["l", "a"]] * 5)
_WITH_NONE = np.array([["s", None], ["m", "b"], ["l", "a"]] * 5, dtype="object")
_WITH_NAN = np.array([["s", np.nan], ["m", "b"], ["l", "a"]] * 5, dtype="object")
_MIXED = np.array([["s", 1.5], ["m", 2.5], ["l", 3.0]] * 5, dtype="object")
_GAPS = np.array([[1.5, np.nan], [2.5, 1.0], [3.0, 2.0]] * 5)
_TARGET = np.arange(15.0)
_BY_PLACE = make_column_transformer((OneHotEncoder(), [0]), remainder="passthrough")
ARRAYS: list[tuple[Any, Any, list[tuple[str, bool]], dict[str, Any]]] = [
    (OneHotEncoder(), _TEXTS_IN_ARRAY, [("string", True), ("string", True)], {"feature1": "m", "feature2": "b"}),
    (OneHotEncoder(), _WITH_NONE, [("string", True), ("string", False)], {"feature1": "s", "feature2": None}),
    (OneHotEncoder(), _WITH_NAN, [("string", True), ("string", False)], {"feature1": "s", "feature2": None}),
    (_BY_PLACE, _MIXED, [("string", True), ("number", True)], {"feature1": "s", "feature2": 1.5}),
    (SimpleImputer(), _GAPS, [("number", False), ("number", False)], {"feature1": 1.5, "feature2": None}),
]


@pytest.mark.parametrize(("transformer", "data", "columns", "row"), ARRAYS)
def test_arrays(  # noqa: PLR0913, PLR0917 - a table of cases
    transformer: Any,
    data: Any,
    columns: list[tuple[str, bool]],
    row: dict[str, Any],
    files: Path,
    request_: FetchRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Arrays of texts, of objects and with missing values get fields of the kinds that the model accepts."""
    model = make_pipeline(transformer, LinearRegression()).fit(data, _TARGET)
    save(files, model, data)
    monkeypatch.setattr(module, "download", FolderDownload(files))
    bundle = fetch(request_)
    assert [(column.kind, column.required) for column in bundle.columns] == columns
    served = load_model(bundle, Path(request_.destination), allow_pickle=False)
    place = next(n for n, values in enumerate(data.tolist()) if values[0] == row["feature1"])
    (found,) = served.predict(served.schema.rows_of([row]))
    assert found == pytest.approx(model.predict(data[place : place + 1])[0])


def answer(request: FetchRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Exit code and JSON of `main`."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(asdict(request))))
    code = main()
    return code, json.loads(capsys.readouterr().out)


def test_main(
    files: Path, request_: FetchRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The result is one line of JSON and exit code 0."""
    monkeypatch.setattr(module, "download", FolderDownload(files))
    assert answer(request_, monkeypatch, capsys) == (0, {"ok": True})
    assert Bundle.read(Path(request_.destination)).version == "3"


def test_main_with_a_refused_model(
    files: Path, request_: FetchRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A refusal is one line with its kind and reason, and exit code 1."""
    monkeypatch.setattr(module, "download", FolderDownload(files))
    code, found = answer(replace(request_, content_sha256="0"), monkeypatch, capsys)
    assert (code, found["kind"]) == (1, ModelRefusedError.kind)
    assert "digest" in found["detail"]


class FailingDownload:
    """Raises an error in place of a download."""

    def __init__(self, error: Exception) -> None:
        """Keep the error."""
        self._error = error

    def __call__(self, _request: FetchRequest, _destination: Path) -> Path:
        """Raise it."""
        raise self._error


UNEXPECTED: list[tuple[Exception, type[ModelError], str]] = [
    (
        OSError(28, "No space left on device"),
        ModelError,
        "cannot be fetched: OSError: [Errno 28] No space left on device",
    ),
    (
        RuntimeError("first\nlast words"),
        ModelRefusedError,
        "cannot be made ready to serve: RuntimeError: first last words",
    ),
]


@pytest.mark.parametrize("case", UNEXPECTED)
def test_main_with_an_unexpected_error(
    case: tuple[Exception, type[ModelError], str],
    request_: FetchRequest,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An unexpected error is one sentence; an error of the machine is temporary, any other a refusal."""
    error, kind, reason = case
    monkeypatch.setattr(module, "download", FailingDownload(error))
    code, said = answer(request_, monkeypatch, capsys)
    assert (code, said["kind"]) == (1, kind.kind)
    assert said["detail"].endswith(reason)


def test_server_that_does_not_answer(
    request_: FetchRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a server the error comes at once, not after minutes of retries by MLflow."""
    code, found = answer(request_, monkeypatch, capsys)
    assert (code, found["kind"]) == (1, ModelError.kind)
    assert found["detail"].startswith("the model cannot be downloaded: ")
    assert len(found["detail"]) < 400


@pytest.fixture
def with_golden_answers(files: Path) -> Path:
    """The same model with golden answers, which differ from MLflow's predictions."""
    checks = [{"row": {"a b": float(place), "año": 0.5}, "answer": place + 0.25} for place in range(7)]
    (files / FILE).write_text(json.dumps({"format": 1, "examples": 3, "checks": checks}))
    return files


def test_golden_answers_are_the_reference(with_golden_answers: Path, fetched: Callable[..., Bundle]) -> None:
    """With the registry's digest the golden answers are the reference; MLflow does not predict."""
    bundle = fetched(content_sha256=content_digest(with_golden_answers))
    assert [check.answer for check in bundle.checks] == [place + 0.25 for place in range(7)]
    assert bundle.example == {"a b": 0.0, "año": 0.5}
    assert [check.row["a b"] for check in bundle.logged] == [0.0, 1.0, 2.0]
    assert [check.answer for check in bundle.logged] == pytest.approx(MODEL.predict(DATA[:3]))
    assert (bundle.named, bundle.digest_verified) == (True, True)


def test_golden_answers_without_digest(with_golden_answers: Path, fetched: Callable[..., Bundle]) -> None:
    """Without a digest in the registry the golden answers are not trusted: MLflow predicts."""
    bundle = fetched()
    assert with_golden_answers.joinpath(FILE).is_file()
    assert len(bundle.checks) == 33
    assert bundle.checks[0].answer == pytest.approx(MODEL.predict(DATA[:1])[0])


def test_golden_answers_of_another_model(with_golden_answers: Path, fetched: Callable[..., Bundle]) -> None:
    """Golden answers whose rows do not fit the signature are ignored: MLflow predicts."""
    content = (with_golden_answers / FILE).read_text()
    (with_golden_answers / FILE).write_text(content.replace("a b", "other"))
    assert len(fetched(content_sha256=content_digest(with_golden_answers)).checks) == 33


def test_golden_answers_without_signature(with_golden_answers: Path, fetched: Callable[..., Bundle]) -> None:
    """A model without a signature is loaded to infer its columns, and MLflow predicts."""
    change(with_golden_answers, lambda mlmodel: mlmodel.pop("signature"))
    assert len(fetched(content_sha256=content_digest(with_golden_answers)).checks) == 33


def test_golden_answers_that_differ(with_golden_answers: Path, fetched: Callable[..., Bundle]) -> None:
    """A model whose predictions differ from its golden answers is refused."""
    bundle = fetched(content_sha256=content_digest(with_golden_answers))
    with pytest.raises(ModelRefusedError, match=r"the model answers .*, mlflow\.pyfunc answers 0\.25"):
        verify_model(SklearnFlavor(), bundle, Schema(bundle.columns, bundle.example), deepcopy(MODEL))


@pytest.mark.parametrize("other", [{"data": "other/model.pkl"}, {"model_path": "other.pkl"}, {"data": "."}])
def test_one_model_file(other: dict[str, str], fetched: Callable[..., Bundle], files: Path, tmp_path: Path) -> None:
    """A model whose `python_function` names another file than its library is refused before MLflow loads that file.

    MLflow would look for the format of that file beside it, and take it for a pickle.
    """
    (files / "other").mkdir()
    for path in (files / "other" / "model.pkl", files / "other.pkl"):
        path.write_bytes(pickle.dumps(Touch(tmp_path / "touched")))
    change(files, lambda mlmodel: mlmodel["flavors"]["python_function"].update(other))
    with pytest.raises(ModelRefusedError, match="names another model file"):
        fetched()
    assert not (tmp_path / "touched").exists()


class Touch:
    """An object whose pickle creates a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        """Store the path of the file."""
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        """Create the file in place of the object."""
        return Path.touch, (self._path,)
