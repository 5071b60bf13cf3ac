"""MLflow with users, as with MLFLOW_AUTH=true: the trainer and the service log in, each with its own."""

import os
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from unittest import mock

import httpx
import pytest
from mlflow_server import running_server
from service_process import Service, start_service

from accounts import Account, Accounts
from serve import auth_environment
from src.service.training.errors import TrainingError
from src.service.training.trainer import TrainingResult, train
from src.service.training.training_options import TrainingOptions

with warnings.catch_warnings():
    # MLflow's server warns about its own code while it is imported; imported here, no later import warns.
    warnings.simplefilter("ignore")
    import mlflow.server.auth  # noqa: F401 - see above

pytestmark = [
    pytest.mark.integration,
    # Alembic warns about the configuration that MLflow gives it.
    pytest.mark.filterwarnings("ignore:No path_separator found:DeprecationWarning"),
    # MLflow compares a pandas index with a range while it reads and writes tables.
    pytest.mark.filterwarnings("ignore:Operation with .* is deprecated:pandas.errors.Pandas4Warning"),
]
ADMIN: Final = ("admin", "the administrator's, señal")
READER: Final = ("api", "100% of the API's:")
WRONG: Final = "a password of nobody"
MODEL: Final = "linear_regression_model"
API: Final = "/api/2.0/mlflow"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with the two users of `.env`; its metrics are on, as in the stack."""
    folder = tmp_path_factory.mktemp("mlflow-users")
    with mock.patch.object(tempfile, "tempdir", str(folder)):
        variables = auth_environment(Accounts(Account(*ADMIN), Account(*READER)))
    options = ("--app-name", "basic-auth", "--artifacts-destination", str(folder / "artifacts"))
    more = {
        "MLFLOW_TRACKING_USERNAME": ADMIN[0],
        "MLFLOW_API_USERNAME": READER[0],
        "MLFLOW_EXPOSE_PROMETHEUS": str(folder / "metrics"),
    }
    with running_server(folder, *options, user=ADMIN, **variables, **more) as base_url:
        yield base_url


def _train(server: str, password: str) -> TrainingResult:
    user = {"MLFLOW_TRACKING_USERNAME": ADMIN[0], "MLFLOW_TRACKING_PASSWORD": password}
    options = TrainingOptions(tracking_uri=server, model_name=MODEL, alias="champion", experiment="tests")
    with mock.patch.dict(os.environ, user):
        return train(options)


@pytest.fixture(scope="module")
def trained(server: str) -> str:
    """The server with a model that the trainer has registered."""
    assert _train(server, ADMIN[1]).promoted
    return server


def _service(server: str, folder: Path, password: str) -> Service:
    user = {"MLFLOW_TRACKING_USERNAME": READER[0], "MLFLOW_TRACKING_PASSWORD": password}
    return start_service(folder, {**user, "MLFLOW_TRACKING_URI": server, "REGISTERED_MODEL_NAME": MODEL})


def test_a_trainer_with_a_wrong_password(server: str) -> None:
    """Its error names the variables, not the password."""
    with pytest.raises(TrainingError, match=f"MLflow at {server} answered 401: it wants a user") as caught:
        _train(server, WRONG)

    assert "MLFLOW_TRACKING_PASSWORD" in str(caught.value)
    assert WRONG not in str(caught.value)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{API}/registered-models/create", {"name": "other"}),
        ("POST", f"{API}/registered-models/alias", {"name": MODEL, "alias": "champion", "version": "1"}),
        ("POST", f"{API}/experiments/create", {"name": "other"}),
        ("POST", f"{API}/users/create", {"username": "eve", "password": "eve's password"}),
        ("DELETE", f"{API}/registered-models/delete", {"name": MODEL}),
        ("PUT", "/api/2.0/mlflow-artifacts/artifacts/1/models/m-1/artifacts/MLmodel", {}),
        ("PATCH", f"{API}/users/update-password", {"username": "admin", "password": "eve's password"}),
    ],
)
def test_the_user_of_the_service_only_reads(trained: str, method: str, path: str, body: dict[str, str]) -> None:
    """MLflow lets any user create models; this one creates, changes and deletes nothing."""
    assert httpx.request(method, f"{trained}{path}", json=body, auth=READER).status_code == 403


def test_what_needs_no_user(trained: str) -> None:
    """Metrics and health; all else is refused."""
    assert "mlflow_http_request_total" in httpx.get(f"{trained}/metrics").text
    assert httpx.post(f"{trained}/metrics").status_code == 401
    assert httpx.get(f"{trained}/health").status_code == 200
    for path in ("/", f"{API}/registered-models/search", "/api/2.0/mlflow-artifacts/artifacts?path=1"):
        assert httpx.get(f"{trained}{path}").status_code == 401


def test_a_service_with_a_wrong_password_and_then_the_right_one(trained: str, tmp_path: Path) -> None:
    """/ready has the reason until a restart with the right one; when MLflow has another, the model goes on serving."""
    service = _service(trained, tmp_path, WRONG)
    service.wait(lambda found: "401" in found.client.get("/ready").text, "the reason")
    refused = service.client.get("/ready")
    service.stop()
    written = service.log.read_text()
    service = _service(trained, tmp_path, READER[1])
    service.wait_ready()
    change = {"username": READER[0], "password": "another password"}
    httpx.patch(f"{trained}{API}/users/update-password", json=change, auth=ADMIN).raise_for_status()
    reason = service.wait_error("answered 401")
    status = service.client.get("/ready").status_code
    service.stop()
    written += service.log.read_text()

    assert refused.status_code == 503
    assert "answered 401: it wants a user that it knows" in refused.json()["detail"]
    assert "MLFLOW_TRACKING_PASSWORD" in refused.json()["detail"]
    assert status == 200
    assert not any(password in refused.text + reason + written for password in (WRONG, READER[1]))
