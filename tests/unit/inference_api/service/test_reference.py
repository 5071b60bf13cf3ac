"""The answers of `mlflow.pyfunc`, which a model must give before it serves."""

from pathlib import Path
from typing import Any

import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
import yaml
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

from src.service.reference import Reference
from src.service.schema import Schema
from src.service.signature import signature_of

DATA = pd.DataFrame({"año": [1.0, 2.0, 3.0, 5.0], "n": [1, 2, 1, 2], "colour": ["red", "blue", "red", "blue"]})
TARGET = [1.0, 2.0, 3.0, 5.0]
ROWS = [{str(name): value for name, value in row.items()} for row in DATA.to_dict(orient="records")]


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Reference` allows pickle in its process's environment; this puts it back."""
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")


def reference(folder: Path, estimator: Any, data: Any, *, signed: bool = True) -> tuple[Reference, Schema]:
    """A model as MLflow saves it."""
    signature = infer_signature(data, estimator.predict(data)) if signed else None
    mlflow.sklearn.save_model(estimator, folder / "model", signature=signature, pip_requirements=[])
    mlmodel = yaml.safe_load((folder / "model" / "MLmodel").read_text())
    found = signature_of(mlmodel, estimator)
    return Reference(folder / "model", found), Schema(found.columns, {})


def mixed() -> Any:
    """A pipeline that selects columns by name and refuses unknown colours."""
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", ["año", "n"]))
    return make_pipeline(columns, LinearRegression()).fit(DATA, TARGET)


@pytest.mark.filterwarnings("ignore:.*integer column:UserWarning")  # MLflow's advice about missing integers
@pytest.mark.parametrize("signed", [True, False])
def test_answers_are_pyfuncs(signed: bool, tmp_path: Path) -> None:  # noqa: FBT001
    """Each row's check holds the answer of `mlflow.pyfunc`, with a signature or without."""
    found, schema = reference(tmp_path, mixed(), DATA, signed=signed)
    checks = found.checks(schema, ROWS)
    assert [check.row for check in checks] == ROWS
    assert [check.answer for check in checks] == pytest.approx(TARGET)


def test_tensor(tmp_path: Path) -> None:
    """A model with a tensor signature is asked with an array of its type."""
    data = np.arange(12, dtype="float32").reshape(4, 3)
    found, schema = reference(tmp_path, LinearRegression().fit(data, data.sum(axis=1)), data)
    (check,) = found.checks(schema, [{"feature1": 1.0, "feature2": 2.0, "feature3": 4.0}])
    assert check.answer == pytest.approx(7)


def test_refused_rows_give_no_check(tmp_path: Path) -> None:
    """A row that the model refuses, or that does not fit its columns, proves nothing and is left out."""
    found, schema = reference(tmp_path, mixed(), DATA, signed=False)
    good = ROWS[0]
    assert [check.row for check in found.checks(schema, [{**good, "colour": "mauve"}, good, {"other": 1}])] == [good]


@pytest.mark.filterwarnings("ignore:overflow encountered:RuntimeWarning")  # what this is about
def test_answers_that_are_not_finite_give_no_check(tmp_path: Path) -> None:
    """An answer that JSON cannot hold is no reference."""
    data = DATA[["año"]]
    found, schema = reference(tmp_path, LinearRegression().fit(data, data["año"] * 1e300), data)
    assert [check.row for check in found.checks(schema, [{"año": 1e300}, {"año": 1.0}])] == [{"año": 1.0}]


def test_answers_that_do_not_repeat_give_no_check(tmp_path: Path) -> None:
    """A model that answers at random cannot be compared with."""
    labels = [f"label{place}" for place in range(1000)]
    data = pd.DataFrame({"x": np.arange(1000.0)})
    found, schema = reference(tmp_path, DummyClassifier(strategy="uniform").fit(data, labels), data)
    assert len(found.checks(schema, [{"x": 1.0}] * 5)) <= 1
