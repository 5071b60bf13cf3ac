"""Services of the tests in this folder, against the shared MLflow server."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest
from boosted_cases import BOOSTED_CASES
from mlflow.pyfunc import PyFuncModel
from model_cases import CASES, Case
from registration import register
from service_process import Service, start_service

Serve = Callable[..., Service]
# The others are compared in tests/unit/inference_api/service/flavors/test_boosted_models.py.
BOOSTED = ("XGBoost Booster", "LGBMClassifier of three texts")
KINDS = CASES | {kind: BOOSTED_CASES[kind] for kind in BOOSTED}
EVERY_KIND = "every_kind"
# As many companies set it, without NO_PROXY. Nobody listens there, and nobody must be asked there for loopback.
PROXY = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://127.0.0.1:9")


@pytest.fixture(scope="module")
def serve(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Starts services for a registered model's name; stops them at the end of the module."""
    started: list[Service] = []
    caches: dict[str, Path] = {}

    def start(name: str, **environment: str) -> Service:
        folder = tmp_path_factory.mktemp("service")
        cache = caches.setdefault(name, folder / "cache")
        if cache.is_dir():  # of the model's first service, which had none; saves the download, most of a start
            shutil.copytree(cache, folder / "cache", symlinks=True, ignore=shutil.ignore_patterns(".fetch-*"))
        values = {"MLFLOW_TRACKING_URI": mlflow_server, "REGISTERED_MODEL_NAME": name, **PROXY, **environment}
        service = start_service(folder, values)
        started.append(service)
        return service

    yield start
    for service in started:
        service.stop()


@dataclass(frozen=True)
class Served:
    """A model of one kind that the service serves.

    Attributes:
        kind: Its name in `KINDS`.
        case: The model and its data.
        version: Its version in the registry.
        reference: What `mlflow.pyfunc` loads.
        service: The service.
    """

    kind: str
    case: Case
    version: str
    reference: PyFuncModel
    service: Service


@pytest.fixture(scope="session")
def service_of_kinds(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """One service; each kind of model is a new version of its model."""
    values = {"MLFLOW_TRACKING_URI": mlflow_server, "REGISTERED_MODEL_NAME": EVERY_KIND, **PROXY}
    service = start_service(tmp_path_factory.mktemp("service"), values)
    yield service
    service.stop()


@pytest.fixture(scope="session", params=KINDS)
def served(request: pytest.FixtureRequest, service_of_kinds: Service, mlflow_server: str) -> Served:
    """Each kind in turn: it is registered once, and the tests of all files for it follow each other."""
    case = KINDS[request.param]()
    version = register(mlflow_server, EVERY_KIND, case.estimator, **case.options)
    service_of_kinds.wait_version(version)
    reference = mlflow.pyfunc.load_model(f"models:/{EVERY_KIND}/{version}")
    return Served(request.param, case, version, reference, service_of_kinds)
