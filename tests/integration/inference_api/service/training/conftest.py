"""Trainings with the shared MLflow server, each test with its own registered model."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import mlflow
import pytest
from mlflow import MlflowClient

from src.service.training.trainer import TrainingResult, train
from src.service.training.training_options import TrainingOptions

Train = Callable[..., TrainingResult]


@pytest.fixture
def client(mlflow_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    """A client of the shared server; the global address of MLflow is restored afterwards."""
    monkeypatch.setenv("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    before = mlflow.get_tracking_uri()
    mlflow.set_tracking_uri(mlflow_server)
    mlflow.set_registry_uri(mlflow_server)
    yield MlflowClient(mlflow_server)
    mlflow.set_tracking_uri(before)
    mlflow.set_registry_uri(before)


@pytest.fixture
def options(client: MlflowClient, mlflow_server: str, request: pytest.FixtureRequest) -> TrainingOptions:
    """The defaults, with the name of the test as the model name."""
    assert client.tracking_uri == mlflow_server
    name = "".join(letter if letter.isalnum() else "_" for letter in request.node.name)
    return TrainingOptions(
        tracking_uri=mlflow_server, model_name=name, alias="champion", experiment="tests", wait_seconds=5
    )


@pytest.fixture
def run_training(options: TrainingOptions) -> Train:
    """Runs a training with the defaults changed by keyword."""

    def run(**changes: object) -> TrainingResult:
        return train(replace(options, **changes))  # type: ignore[arg-type] # the types of the fields differ

    return run
