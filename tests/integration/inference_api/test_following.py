"""The service follows the alias, keeps serving the last good version, and shows errors."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import mlflow
import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
import sklearn
from mlflow.models import infer_signature
from registration import register
from service_process import ROOT, Service, start_service
from sklearn.dummy import DummyRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

pytestmark = [
    pytest.mark.integration,
    # MLflow's client warns about integer columns and uses deprecated features of pandas, which are not tested here.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
DATA = pd.DataFrame(np.random.default_rng(1).normal(0, 1, (20, 1)), columns=["x"])
UNREACHABLE = "http://127.0.0.1:9"


def constant(server: str, name: str, value: float, **options: Any) -> str:
    """Register a model that always answers `value`."""
    model = DummyRegressor(strategy="constant", constant=value).fit(DATA, DATA["x"])
    signature = infer_signature(DATA, model.predict(DATA))
    return register(server, name, model, signature=signature, input_example=DATA[:2], **options)


class SomePythonModel(mlflow.pyfunc.PythonModel):  # type: ignore[misc, name-defined]  # MLflow has no types
    """A model of another flavor."""

    def predict(self, context: Any, model_input: list[str], params: Any = None) -> list[str]:  # noqa: ARG002
        """Echo."""
        return model_input


def test_swap_under_load_loses_nothing(serve: Callable[..., Service], mlflow_server: str) -> None:
    """While the alias moves, every request is answered by one version, and never by an older one again."""
    first = constant(mlflow_server, "swapped", 1.0)
    service = serve("swapped")
    service.wait_version(first)
    stop = Event()

    def ask(_client: int) -> list[tuple[str, float]]:
        seen = []
        with httpx.Client(base_url=service.url, timeout=30) as client:
            while not stop.is_set():
                answer = client.post("/predict", json={"x": 1.0})
                seen.append((answer.headers["x-model-version"], answer.json()["prediction"]))
                stop.wait(0.02)  # four clients, some 200 requests a second: the fetch needs a core as well
        return seen

    with ThreadPoolExecutor(4) as pool:
        clients = [pool.submit(ask, number) for number in range(4)]
        second = constant(mlflow_server, "swapped", 2.0)
        service.wait_version(second)
        third = constant(mlflow_server, "swapped", 3.0)
        service.wait_version(third)
        stop.set()
        answers = [client.result() for client in clients]
    meaning = {first: 1.0, second: 2.0, third: 3.0}
    for seen in answers:
        assert all(meaning[version] == value for version, value in seen)
        versions = [int(version) for version, _value in seen]
        assert versions == sorted(versions)
        assert {first, second} <= {version for version, _value in seen}


def test_live_before_ready(serve: Callable[..., Service], mlflow_server: str) -> None:
    """Without a model the service is live, says why it is not ready, and turns ready when the model comes."""
    service = serve("late_model")
    assert service.client.get("/health").json() == {"status": "ok"}
    reason = service.wait_error("no version of the model 'late_model'")
    answer = service.client.get("/ready")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert reason in answer.json()["detail"]
    assert service.predict({"x": 1.0}).json()["error"] == "not_ready"
    constant(mlflow_server, "late_model", 4.0)
    service.wait_ready()
    assert service.predict({"x": 1.0}).json() == {"prediction": 4.0}


def test_the_registry_of_the_settings_is_the_only_one(serve: Callable[..., Service], mlflow_server: str) -> None:
    """A registry that the environment names for MLflow's own client is not used."""
    version = constant(mlflow_server, "one_registry", 6.0)
    serve("one_registry", MLFLOW_REGISTRY_URI=UNREACHABLE).wait_version(version)


def test_starts_with_everything_down(mlflow_server: str, tmp_path: Path) -> None:
    """The last good version serves after a restart although MLflow does not answer any more."""
    version = constant(mlflow_server, "remembered", 5.0)
    settings = {"MLFLOW_TRACKING_URI": mlflow_server, "REGISTERED_MODEL_NAME": "remembered"}
    before = start_service(tmp_path, settings)
    before.wait_version(version)
    before.stop()
    after = start_service(tmp_path, {**settings, "MLFLOW_TRACKING_URI": UNREACHABLE})
    try:
        after.wait_ready()
        assert after.predict({"x": 1.0}).json() == {"prediction": 5.0}
        assert "does not answer" in after.wait_error("does not answer")
    finally:
        after.stop()


def test_damaged_cache_is_not_served(mlflow_server: str, tmp_path: Path) -> None:
    """A cached model whose files changed is refused and fetched again."""
    version = constant(mlflow_server, "damaged", 6.0)
    settings = {"MLFLOW_TRACKING_URI": mlflow_server, "REGISTERED_MODEL_NAME": "damaged"}
    before = start_service(tmp_path, settings)
    before.wait_version(version)
    before.stop()
    for file in (tmp_path / "cache").rglob("*.skops"):
        file.write_bytes(file.read_bytes() + b"x")
    offline = start_service(tmp_path, {**settings, "MLFLOW_TRACKING_URI": UNREACHABLE})
    offline.wait_error("does not answer")
    assert offline.client.get("/ready").status_code == 503
    offline.stop()
    online = start_service(tmp_path, settings)
    try:
        online.wait_version(version)
        assert online.predict({"x": 1.0}).json() == {"prediction": 6.0}
    finally:
        online.stop()


def test_what_cannot_be_served_is_refused_and_the_old_version_stays(
    serve: Callable[..., Service], mlflow_server: str
) -> None:
    """Another flavor, a pickle, an untrusted type or another digest is refused with its reason; the last serves on."""
    name = "refused"
    good = constant(mlflow_server, name, 7.0)
    service = serve(name)
    service.wait_version(good)
    client = mlflow.MlflowClient(mlflow_server)

    constant(mlflow_server, name, 8.0, serialization_format="cloudpickle")
    assert "cloudpickle, which runs code of its author" in service.wait_error("cloudpickle")

    with mlflow.start_run(experiment_id="0"):
        info = mlflow.pyfunc.log_model(name="model", python_model=SomePythonModel(), registered_model_name=name)
    client.set_registered_model_alias(name, "champion", str(info.registered_model_version))
    assert "this service serves the flavors sklearn" in service.wait_error("flavor is")

    untrusted = FunctionTransformer(shutil.which).fit(DATA)
    untrusted.predict = None
    register(mlflow_server, name, untrusted, input_example=None)
    assert "shutil.which" in service.wait_error("not trusted")

    tampered = constant(mlflow_server, name, 9.0, alias="candidate")
    client.set_model_version_tag(name, tampered, "content_sha256", "0" * 64)
    client.set_registered_model_alias(name, "champion", tampered)
    service.wait_error("do not match the digest")

    lying = constant(mlflow_server, name, 10.0, metadata={"example_prediction": [11.0, 11.0]})
    assert "the trainer logged 11.0" in service.wait_error("the trainer logged")
    # What a scikit-learn before 1.8 saves: its imputers lack what later ones look for.
    stale = make_pipeline(SimpleImputer(), LinearRegression()).fit(DATA, np.zeros(len(DATA)))
    signature = infer_signature(DATA, np.zeros(len(DATA)))
    del stale[0]._fill_dtype
    register(mlflow_server, name, stale, signature=signature)
    reason = service.wait_error("no repeatable finite answer")
    assert "AttributeError: 'SimpleImputer' object has no attribute '_fill_dtype'" in reason
    assert f"(saved with scikit-learn {sklearn.__version__}, served with {sklearn.__version__})" in reason
    assert service.model()["version"] == good != lying
    assert service.predict({"x": 1.0}).json() == {"prediction": 7.0}
    assert service.client.get("/ready").status_code == 200
    assert "inference_model_reload_failing 1.0" in service.client.get("/metrics").text

    better = constant(mlflow_server, name, 12.0)
    service.wait_version(better)
    assert service.model()["last_reload_error"] is None


def test_refused_from_the_start(serve: Callable[..., Service], mlflow_server: str) -> None:
    """A first version that cannot be served leaves the service live, with the reason on `/ready` and `/model`."""
    data = np.zeros((5, 2, 2))
    model = LinearRegression().fit(data.reshape(5, 4), np.zeros(5))
    register(mlflow_server, "images", model, signature=infer_signature(data, np.zeros(5)))
    service = serve("images")
    reason = service.wait_error("tensor")
    assert "(-1, 2, 2)" in reason
    assert reason in service.client.get("/ready").json()["detail"]


def test_pickle_when_it_is_allowed(serve: Callable[..., Service], mlflow_server: str) -> None:
    """ALLOW_PICKLE=true serves cloudpickle models."""
    version = constant(mlflow_server, "pickled", 13.0, serialization_format="cloudpickle")
    service = serve("pickled", ALLOW_PICKLE="true")
    service.wait_version(version)
    assert service.predict({"x": 0.0}).json() == {"prediction": 13.0}


def test_logs_are_json_with_the_request_id(serve: Callable[..., Service]) -> None:
    """Every line of the log is one JSON object."""
    service = serve("never_registered")
    service.wait_error("never_registered")
    service.stop()
    lines = [json.loads(line) for line in service.log.read_text().splitlines()]
    assert {"level", "logger", "message", "timestamp"} <= set(lines[0])


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [("PORT", "http", "PORT must be a port"), ("MLFLOW_TRACKING_URI", "sqlite:///x", "MLFLOW_TRACKING_URI must be")],
)
def test_bad_settings_end_at_once(variable: str, value: str, problem: str) -> None:
    """An unusable variable ends the start with exit code 2 and one line that names it."""
    done = subprocess.run(
        [sys.executable, "-m", "src"],
        cwd=ROOT,
        env={**os.environ, variable: value},
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert problem in done.stderr
