"""Promotion: the comparison on the same held-out rows with real champions of all kinds."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import mlflow
import mlflow.pyfunc
import mlflow.sklearn
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.models import infer_signature
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository
from sklearn.linear_model import LinearRegression

from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.fitting import FittedModel, fit, load
from src.service.training.trainer import TrainingResult
from src.service.training.training_options import TrainingOptions

pytestmark = [
    pytest.mark.integration,
    # MLflow compares a pandas index with a range while it reads and writes tables.
    pytest.mark.filterwarnings("ignore:Operation with .* is deprecated:pandas.errors.Pandas4Warning"),
]

Train = Callable[..., TrainingResult]
Install = Callable[[Any, Any], str]


@pytest.fixture
def fitted(options: TrainingOptions) -> FittedModel:
    """The model that the trainer will fit, with its held-out rows."""
    return fit(load(options), options)


@pytest.fixture
def install_champion(client: MlflowClient, options: TrainingOptions) -> Install:
    """Registers a foreign model as the champion; returns its version."""

    def put(model: Any, example: Any) -> str:
        with mlflow.start_run():
            info = mlflow.sklearn.log_model(
                model,
                name="model",
                registered_model_name=options.model_name,
                signature=infer_signature(example, model.predict(example)),
                pip_requirements=["scikit-learn"],
            )
        version = str(info.registered_model_version)
        client.set_registered_model_alias(options.model_name, options.alias, version)
        return version

    return put


def _champion(client: MlflowClient, options: TrainingOptions) -> str:
    return str(client.get_model_version_by_alias(options.model_name, options.alias).version)


def test_training_again_on_the_same_data_is_safe(
    client: MlflowClient, run_training: Train, options: TrainingOptions
) -> None:
    """The same data give the same model, which is no worse: the new version is promoted with the same metrics."""
    first, second = run_training(), run_training()
    assert first.metrics == second.metrics
    assert (first.promoted, second.promoted) == (True, True)
    assert _champion(client, options) == second.version != first.version
    champion_score = client.get_run(second.run_id).data.metrics["champion_holdout_rmse"]
    assert champion_score == pytest.approx(first.metrics["holdout_rmse"])


def test_a_worse_model_is_registered_but_not_promoted(  # noqa: PLR0913, PLR0917 - each argument is a fixture
    client: MlflowClient,
    run_training: Train,
    options: TrainingOptions,
    fitted: FittedModel,
    install_champion: Install,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A champion that was trained on the held-out rows stays, except with --force."""
    split = fitted.split
    best = install_champion(
        LinearRegression().fit(split.held_out_features, split.held_out_target), split.held_out_features
    )
    worse = run_training()
    assert not worse.promoted
    assert _champion(client, options) == best
    tags = client.get_model_version(options.model_name, worse.version).tags
    assert "is worse than" in tags["promotion"]
    assert "content_sha256" in tags
    assert f"version {worse.version} is registered but NOT promoted" in caplog.text

    forced = run_training(force=True)
    assert forced.promoted
    assert _champion(client, options) == forced.version
    assert "--force was given" in client.get_model_version(options.model_name, forced.version).tags["promotion"]


def test_a_better_model_is_promoted(
    client: MlflowClient,
    run_training: Train,
    options: TrainingOptions,
    fitted: FittedModel,
    install_champion: Install,
) -> None:
    """A champion that predicts a constant is replaced."""
    features = fitted.split.train_features
    noise = np.random.default_rng(0).normal(size=len(features))
    install_champion(LinearRegression().fit(features, noise), features)
    result = run_training()
    assert result.promoted
    assert _champion(client, options) == result.version


def test_a_champion_of_other_columns_stays(client: MlflowClient, run_training: Train, options: TrainingOptions) -> None:
    """It cannot be evaluated on these data: the reason names the columns, and --force promotes the new version."""
    first = run_training()
    other = run_training(dataset="diabetes")
    assert not other.promoted
    assert _champion(client, options) == first.version
    reason = client.get_model_version(options.model_name, other.version).tags["promotion"]
    assert "cannot be judged on this data (Model is missing inputs ['feature1'" in reason
    assert run_training(dataset="diabetes", force=True).promoted


def test_a_champion_without_files_stays(client: MlflowClient, run_training: Train, options: TrainingOptions) -> None:
    """A broken champion is replaced only with --force, and does not stop the training."""
    broken = run_training()
    source = client.get_model_version(options.model_name, broken.version).source
    assert source is not None
    files = client.get_logged_model(source.removeprefix("models:/")).artifact_location
    get_artifact_repository(files).delete_artifacts("model.skops")
    result = run_training()
    assert not result.promoted
    assert _champion(client, options) == broken.version
    assert "cannot be judged" in client.get_model_version(options.model_name, result.version).tags["promotion"]
    assert run_training(force=True).promoted


def test_a_champion_with_a_numpy_signature_is_evaluated(
    run_training: Train,
    fitted: FittedModel,
    install_champion: Install,
) -> None:
    """A model that was logged with an array takes the columns by position."""
    train = fitted.split.train_features.to_numpy()
    install_champion(LinearRegression().fit(train, fitted.split.train_target), train)
    assert run_training().promoted


def test_a_champion_with_doubles_is_evaluated_on_integers(
    run_training: Train, options: TrainingOptions, tmp_path: Any
) -> None:
    """The earlier file had missing values in a column of integers, so MLflow inferred doubles; the new one has none."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"n": draw.integers(0, 50, 100), "x": draw.normal(size=100)})
    table["y"] = 2.5 * table["n"] + table["x"]
    table.to_csv(tmp_path / "today.csv", index=False)
    table.assign(n=table["n"].mask(table.index < 3)).to_csv(tmp_path / "yesterday.csv", index=False)
    run_training(data=tmp_path / "yesterday.csv", target="y")
    today = run_training(data=tmp_path / "today.csv", target="y")
    assert today.promoted
    assert replace(options, target="y").model_name == today.name


def test_a_champion_with_integers_is_evaluated(run_training: Train, tmp_path: Any) -> None:
    """A version with integer columns, as of earlier trainers, is compared with one of doubles on the same rows."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"n": draw.integers(0, 50, 100), "x": draw.normal(size=100)})
    table["y"] = 2.5 * table["n"] + table["x"]
    table.to_csv(tmp_path / "f.csv", index=False)
    first = run_training(data=tmp_path / "f.csv", target="y", csv=CsvOptions(columns={"n": "integer"}))
    second = run_training(data=tmp_path / "f.csv", target="y")
    assert second.promoted
    assert second.metrics == pytest.approx(first.metrics)


def test_a_champion_with_integers_cannot_be_evaluated_on_fractions(
    client: MlflowClient, run_training: Train, tmp_path: Any
) -> None:
    """The champion stays, and the reason names the column; --force promotes the new version."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"n": draw.integers(0, 50, 100), "x": draw.normal(size=100)})
    table["y"] = 2.5 * table["n"] + table["x"]
    table.to_csv(tmp_path / "whole.csv", index=False)
    table.assign(n=table["n"] + 0.5).to_csv(tmp_path / "fractions.csv", index=False)
    run_training(data=tmp_path / "whole.csv", target="y", csv=CsvOptions(columns={"n": "integer"}))
    result = run_training(data=tmp_path / "fractions.csv", target="y")
    assert not result.promoted
    reason = client.get_model_version(result.name, result.version).tags["promotion"]
    assert "cannot be judged on this data" in reason
    assert "column n" in reason


def test_champions_for_other_labels_stay(run_training: Train, tmp_path: Any) -> None:
    """Text labels cannot be compared with integers."""
    draw = np.random.default_rng(0)
    table = pd.DataFrame({"x": draw.normal(size=100)})
    table.assign(y=np.where(table["x"] > 0, "yes", "no")).to_csv(tmp_path / "text.csv", index=False)
    table.assign(y=(table["x"] > 0).astype(int)).to_csv(tmp_path / "integers.csv", index=False)
    assert run_training(data=tmp_path / "text.csv", target="y").promoted
    assert not run_training(data=tmp_path / "integers.csv", target="y").promoted


def test_a_deleted_champion_is_replaced(client: MlflowClient, run_training: Train, options: TrainingOptions) -> None:
    """MLflow deletes the alias with the version."""
    client.delete_model_version(options.model_name, run_training().version)
    result = run_training()
    assert result.promoted
    assert _champion(client, options) == result.version
