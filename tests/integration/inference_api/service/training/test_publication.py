"""The content of a real registry after a training."""

import hashlib
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow.artifacts
import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import skops.io
import yaml
from mlflow import MlflowClient
from sklearn.linear_model import LinearRegression

from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.errors import PublicationError
from src.service.training.reference_data import EXAMPLE, TRUE_COEFFICIENTS, TRUE_INTERCEPT, reference, true_value
from src.service.training.trainer import TrainingResult
from src.service.training.training_options import TrainingOptions

pytestmark = [
    pytest.mark.integration,
    # MLflow compares a pandas index with a range while it reads and writes tables.
    pytest.mark.filterwarnings("ignore:Operation with .* is deprecated:pandas.errors.Pandas4Warning"),
]

Train = Callable[..., TrainingResult]


def _downloaded(result: TrainingResult, folder: Path) -> Path:
    uri = f"models:/{result.name}/{result.version}"
    return Path(mlflow.artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder)))


def test_the_reference_regression_from_end_to_end(client: MlflowClient, run_training: Train, tmp_path: Path) -> None:
    """The alias points to a LinearRegression that has learnt the true function."""
    result = run_training()
    assert result.promoted
    version = client.get_model_version_by_alias(result.name, "champion")
    assert (str(version.version), version.run_id) == (result.version, result.run_id)

    model = skops.io.load(_downloaded(result, tmp_path) / "model.skops", trusted=[])
    assert type(model) is LinearRegression
    np.testing.assert_allclose(model.coef_, list(TRUE_COEFFICIENTS.values()), atol=0.3)
    assert model.intercept_ == pytest.approx(TRUE_INTERCEPT, abs=0.5)

    served = mlflow.pyfunc.load_model(f"models:/{result.name}@champion")
    assert served.predict(pd.DataFrame([dict(EXAMPLE)]))[0] == pytest.approx(true_value(EXAMPLE), abs=0.2)


def test_a_server_finds_what_it_verifies(client: MlflowClient, run_training: Train, tmp_path: Path) -> None:
    """Digest, signature, example and its predictions are present and agree with the downloaded files."""
    result = run_training()
    folder = _downloaded(result, tmp_path)
    listing = "".join(
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "registered_model_meta"
    )
    tags = client.get_model_version(result.name, result.version).tags
    assert tags["content_sha256"] == hashlib.sha256(listing.encode()).hexdigest()
    assert tags["promotion"] == "there was no champion"

    described = yaml.safe_load((folder / "MLmodel").read_text())
    assert described["flavors"]["sklearn"]["serialization_format"] == "skops"
    model = mlflow.pyfunc.load_model(str(folder))
    example = model.metadata.load_input_example(str(folder))
    assert example.iloc[0].to_dict() == dict(EXAMPLE)
    assert described["metadata"]["example_prediction"] == pytest.approx(model.predict(example).tolist(), rel=1e-12)
    schema = model.metadata.get_input_schema().to_dict()
    assert schema == [{"type": "double", "name": name, "required": True} for name in EXAMPLE]


def test_the_run_is_documented(client: MlflowClient, run_training: Train, tmp_path: Path) -> None:
    """The run has parameters, metrics, data digest, commit and plot."""
    result = run_training(git_commit="c0ffee")
    run = client.get_run(result.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.tags["mlflow.source.git.commit"] == "c0ffee"
    assert run.data.tags["data_sha256"] == reference().sha256
    assert run.inputs is not None
    logged = run.inputs.dataset_inputs[0].dataset
    assert (logged.name, logged.digest) == ("reference", reference().sha256[:36])
    assert run.data.params["task"] == "regression"
    assert run.data.params["rows_held_out"] == "200"
    assert run.data.params["model"] == "LinearRegression"
    assert run.data.metrics == pytest.approx(result.metrics)
    assert {"cv_rmse_mean", "cv_rmse_std", "cv_r2_mean", "holdout_rmse", "holdout_mae"} <= set(result.metrics)
    picture = client.download_artifacts(result.run_id, "plots/residuals.png", str(tmp_path))
    assert Path(picture).read_bytes().startswith(b"\x89PNG")


def test_diabetes_has_its_own_columns(client: MlflowClient, run_training: Train) -> None:
    """The clinical data are served with their own names and units."""
    result = run_training(dataset="diabetes")
    model = mlflow.pyfunc.load_model(f"models:/{result.name}@champion")
    assert client.get_run(result.run_id).data.params["target"] == "progression"
    names = model.metadata.get_input_schema().input_names()
    assert names == ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
    patient = dict(zip(names, [59.0, 2.0, 32.1, 101.0, 157.0, 93.2, 38.0, 4.0, 4.8598, 87.0], strict=True))
    assert 100 < model.predict(pd.DataFrame([patient]))[0] < 300


def _clinic(path: Path, labels: list[Any] | None) -> pd.DataFrame:
    """A table with every type of column; the target is exactly linear, or a label."""
    draw = np.random.default_rng(5)
    rows = 240
    table = pd.DataFrame(
        {
            "años": draw.integers(18, 90, rows),
            "peso (kg)": draw.normal(70, 9, rows).round(1),
            "class": draw.normal(size=rows),
            "ciudad": draw.choice(["Bogotá", "Cali", "Medellín"], rows),
            "plan": draw.choice(["a", "b"], rows),
            "smoker": draw.random(rows) > 0.5,
            "alta": draw.random(rows) > 0.5,
            "id": [f"p{number}" for number in range(rows)],
        },
    )
    table["peso (kg)"] = table["peso (kg)"].mask(draw.random(rows) < 0.1)
    table["ciudad"] = table["ciudad"].mask(draw.random(rows) < 0.1)
    table["alta"] = table["alta"].astype(object).mask(draw.random(rows) < 0.1)
    cities = table["ciudad"].map({"Bogotá": 40.0, "Cali": 20.0, "Medellín": 10.0}).fillna(90.0).astype(float)
    truth = 2.0 * table["años"] + cities + 5 * table["smoker"] + 0.5
    table["y"] = truth if labels is None else pd.Series([labels[int(value > 140)] for value in truth])
    table.to_csv(path, index=False)
    return table


def test_a_csv_file_of_mixed_columns(run_training: Train, tmp_path: Path) -> None:
    """MLflow predicts its rows exactly; a column is optional exactly if it had missing values."""
    table = _clinic(tmp_path / "clinic.csv", None)
    result = run_training(data=tmp_path / "clinic.csv", target="y")
    model = mlflow.pyfunc.load_model(f"models:/{result.name}@champion")
    schema = model.metadata.get_input_schema().to_dict()
    assert {(column["name"], column["type"], column["required"]) for column in schema} == {
        ("años", "double", True),
        ("peso (kg)", "double", False),
        ("class", "double", True),
        ("ciudad", "string", False),
        ("plan", "string", True),
        ("smoker", "boolean", True),
        ("alta", "boolean", False),
    }
    file = _table_of(tmp_path / "clinic.csv")
    np.testing.assert_allclose(model.predict(file), table["y"], atol=1e-6)


def _table_of(path: Path) -> pd.DataFrame:
    """The file in the types for MLflow, which does not convert integers to doubles."""
    return pd.read_csv(path, dtype={"años": float})


@pytest.mark.parametrize(("columns", "kind"), [({}, "double"), ({"años": "integer"}, "long")])
def test_whole_numbers_are_doubles_without_integer(
    run_training: Train, tmp_path: Path, columns: dict[str, str], kind: str
) -> None:
    """--integer makes a column of whole numbers a long of MLflow."""
    _clinic(tmp_path / "clinic.csv", None)
    result = run_training(data=tmp_path / "clinic.csv", target="y", csv=CsvOptions(columns=columns))
    schema = mlflow.pyfunc.load_model(f"models:/{result.name}@champion").metadata.get_input_schema()
    assert schema.input_dict()["años"].to_dict()["type"] == kind


def test_the_run_has_the_table_of_its_columns(client: MlflowClient, run_training: Train, tmp_path: Path) -> None:
    """Every training logs the table, also for data that are not from a file."""
    result = run_training()
    table = pd.read_csv(client.download_artifacts(result.run_id, "columns.csv", str(tmp_path))).set_index("column")
    assert table["kind"].to_dict() == dict.fromkeys(EXAMPLE, "number") | {"target": "target, number"}


def test_missing_and_unknown_text_through_pyfunc(run_training: Train, tmp_path: Path) -> None:
    """Every form of a missing text has the effect of the missing texts in training, and so has an unknown text."""
    _clinic(tmp_path / "clinic.csv", None)
    result = run_training(data=tmp_path / "clinic.csv", target="y")
    model = mlflow.pyfunc.load_model(f"models:/{result.name}@champion")
    row = {"años": 40.0, "peso (kg)": np.nan, "class": 0.0, "plan": "never seen", "smoker": True}
    dtypes: tuple[Any, ...] = (object, "str", "string")
    for missing, dtype in itertools.product((None, np.nan, pd.NA), dtypes):
        rows = pd.DataFrame([row, row, row]).assign(
            ciudad=pd.Series(["Bogotá", missing, "Marte"], dtype=dtype),
            alta=pd.Series([True, missing, False], dtype=object),
        )
        expected = [80 + 40 + 5.5, 80 + 90 + 5.5, 80 + 90 + 5.5]
        np.testing.assert_allclose(model.predict(rows), expected, atol=1e-6, err_msg=f"{missing!r} as {dtype}")


@pytest.mark.parametrize("labels", [["no", "sí"], [False, True], [3, 8]], ids=["text", "booleans", "integers"])
def test_classification(client: MlflowClient, run_training: Train, tmp_path: Path, labels: list[Any]) -> None:
    """MLflow returns labels as they are in the file, also in the example's predictions."""
    table = _clinic(tmp_path / "clinic.csv", labels)
    result = run_training(data=tmp_path / "clinic.csv", target="y")
    assert result.metrics["holdout_f1_macro"] > 0.8
    assert client.get_run(result.run_id).data.params["task"] == "classification"
    assert [file.path for file in client.list_artifacts(result.run_id, "plots")] == ["plots/confusion_matrix.png"]

    folder = _downloaded(result, tmp_path / "model")
    model = mlflow.pyfunc.load_model(str(folder))
    found = model.predict(_table_of(tmp_path / "clinic.csv")).tolist()
    assert {type(label) for label in found} == {type(labels[0])}
    assert np.mean(np.asarray(found) == table["y"].to_numpy()) > 0.85

    example = model.metadata.load_input_example(str(folder))
    assert example.isna().any(axis=None)
    logged = yaml.safe_load((folder / "MLmodel").read_text())["metadata"]["example_prediction"]
    assert logged == model.predict(example).tolist()
    assert {type(label) for label in logged} == {type(labels[0])}


def test_the_example_is_strict_json(run_training: Train, tmp_path: Path) -> None:
    """Missing values in the example are null, because not every client reads NaN."""
    _clinic(tmp_path / "clinic.csv", None)
    folder = _downloaded(run_training(data=tmp_path / "clinic.csv", target="y"), tmp_path / "model")
    text = (folder / "input_example.json").read_text()
    assert "null" in text
    assert "NaN" not in text


def test_nothing_to_do_when_the_alias_exists(
    client: MlflowClient, run_training: Train, options: TrainingOptions
) -> None:
    """--skip-if-registered trains only once."""
    first = run_training(skip_if_registered=True)
    second = run_training(skip_if_registered=True)
    assert first.promoted
    assert (second.version, second.run_id, second.promoted, second.metrics) == (first.version, first.run_id, False, {})
    assert len(client.search_model_versions(f"name = '{options.model_name}'")) == 1


def test_an_error_of_mlflow_is_one_line(client: MlflowClient, run_training: Train) -> None:
    """A failed registration gives exit code 1, and the run is marked as failed."""
    with pytest.raises(PublicationError, match="Invalid model name 'a/b'") as caught:
        run_training(model_name="a/b", experiment="refused")
    assert caught.value.exit_code == 1
    assert "\n" not in str(caught.value)
    experiment = client.get_experiment_by_name("refused")
    assert experiment is not None
    assert [run.info.status for run in client.search_runs([experiment.experiment_id])] == ["FAILED"]
