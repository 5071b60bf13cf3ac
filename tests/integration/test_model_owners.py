"""The check that no two test files use one registered model, against the real registry."""

from collections.abc import Callable
from pathlib import Path

import mlflow
import pytest
from model_owners import ModelOwners

pytestmark = pytest.mark.integration

NAME = "model of two files"
CHANGES: dict[str, Callable[[mlflow.MlflowClient], object]] = {
    "version": lambda client: client.create_model_version(NAME, "s3://nowhere/model"),
    "alias": lambda client: client.set_registered_model_alias(NAME, "champion", "1"),
    "tag": lambda client: client.set_registered_model_tag(NAME, "canary_percent", "1"),
}


@pytest.fixture(scope="module")
def client(mlflow_server: str) -> mlflow.MlflowClient:
    """A client, after a first file has registered a model."""
    found = mlflow.MlflowClient(mlflow_server, mlflow_server)
    found.create_registered_model(NAME)
    found.create_model_version(NAME, "s3://nowhere/model")
    return found


@pytest.mark.parametrize("change", CHANGES)
def test_a_model_that_a_second_file_changes(
    change: str, client: mlflow.MlflowClient, mlflow_server: str, tmp_path: Path
) -> None:
    """A version, an alias or a tag of another file's model is a conflict, in the same process and in another one."""
    owners = ModelOwners(mlflow_server, tmp_path)
    owners.conflicts("first.py")
    assert owners.conflicts("second.py") == []
    CHANGES[change](client)
    found = owners.conflicts("second.py")
    assert found == [
        f"the registered model '{NAME}' is used by first.py and by second.py: one of them needs another name"
    ]
    assert f"'{NAME}' is used by first.py" in str(ModelOwners(mlflow_server, tmp_path).conflicts("third.py"))


def test_models_that_files_may_share(client: mlflow.MlflowClient, mlflow_server: str, tmp_path: Path) -> None:
    """Names that are shared belong to no file."""
    owners = ModelOwners(mlflow_server, tmp_path, [NAME])
    owners.conflicts("first.py")
    CHANGES["version"](client)
    assert owners.conflicts("second.py") == []


def test_a_file_s_own_models(client: mlflow.MlflowClient, mlflow_server: str, tmp_path: Path) -> None:
    """A file may change its models as often as it likes."""
    owners = ModelOwners(mlflow_server, tmp_path)
    owners.conflicts("first.py")
    CHANGES["version"](client)
    assert owners.conflicts("first.py") == []
