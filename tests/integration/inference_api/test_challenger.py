"""A challenger beside the champion: an alias and two tags, a real MLflow, the real service and its child process."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import httpx
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from registration import register
from service_process import Service, start_service
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression

from src.service.challenger.challenger import PATIENCE_SECONDS, TOO_LATE

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::UserWarning"),  # of MLflow about integer columns
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
DATA = pd.DataFrame(np.random.default_rng(1).normal(0, 1, (20, 1)), columns=["x"])
NAME = "challenged"


def constant(server: str, name: str, value: float, alias: str, data: pd.DataFrame = DATA) -> str:
    """Register a model that always answers `value`."""
    model = DummyRegressor(strategy="constant", constant=value).fit(data, data.iloc[:, 0])
    return registered(server, name, model, alias, data)


def registered(server: str, name: str, model: Any, alias: str, data: pd.DataFrame = DATA) -> str:
    """Register a model with its signature."""
    return register(
        server, name, model, alias=alias, signature=infer_signature(data, model.predict(data)), input_example=data[:2]
    )


class Registry:
    """The aliases and the tags of one registered model."""

    def __init__(self, server: str, name: str) -> None:
        """Connect."""
        self._client = mlflow.MlflowClient(server, server)
        self._name = name

    def point_at(self, version: str, alias: str = "challenger") -> None:
        """Move an alias."""
        self._client.set_registered_model_alias(self._name, alias, version)

    def remove(self) -> None:
        """Delete the challenger's alias."""
        self._client.delete_registered_model_alias(self._name, "challenger")

    def tag(self, **values: str) -> None:
        """Set tags."""
        for tag, value in values.items():
            self._client.set_registered_model_tag(self._name, tag, value)


def challenger(service: Service) -> dict[str, Any]:
    """What `/model` tells of the challenger; an empty object for none."""
    return service.model()["challenger"] or {}


def wait_for(service: Service, condition: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
    """Poll until the challenger is as wanted."""
    service.wait(lambda service: bool(condition(challenger(service))), what)
    return challenger(service)


def metric(service: Service, sample: str) -> float | None:
    """The value of a sample; None when it is not there."""
    lines = service.client.get("/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(sample + " ")), None)


def wait_compared(service: Service, version: str, rows: int) -> dict[str, Any]:
    """Poll until rows of this version are compared."""

    def compared(found: dict[str, Any]) -> bool:
        return bool(found["version"] == version and found["agreement"] and found["agreement"]["rows"] > rows)

    return wait_for(service, lambda found: found and compared(found), f"compared rows of {version}")


def worker_of(service: Service) -> int:
    """The process id of the challenger."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
            command = (status.parent / "cmdline").read_bytes()
        except OSError:
            continue
        if int(fields[1]) == service.process.pid and b"challenger_worker" in command:
            found.append(int(status.parent.name))
    (pid,) = found
    return pid


@contextmanager
def requests_to(service: Service) -> Iterator[Callable[[], list[tuple[int, str, float]]]]:
    """Two clients that ask all the time; the call ends them and returns each status, version and prediction."""
    stop, asked = Event(), Barrier(3)

    def ask() -> list[tuple[int, str, float]]:
        seen = []
        with httpx.Client(base_url=service.url, timeout=30) as client:
            while not stop.is_set():
                answer = client.post("/predict", json={"x": 1.0})
                seen.append((answer.status_code, answer.headers["x-model-version"], answer.json()["prediction"]))
                if len(seen) == 1:
                    asked.wait()
                stop.wait(0.01)
        return seen

    def results() -> list[tuple[int, str, float]]:
        stop.set()
        return [entry for client in clients for entry in client.result()]

    with ThreadPoolExecutor(2) as pool:
        clients: list[Future[list[tuple[int, str, float]]]] = [pool.submit(ask) for _ in range(2)]
        try:
            asked.wait(60)  # what happens from here on happens while they ask
            yield results
        finally:
            stop.set()


@pytest.fixture(scope="module")
def champion(mlflow_server: str) -> str:
    """The champion's version, which answers 100."""
    return constant(mlflow_server, NAME, 100.0, "champion")


@pytest.fixture(scope="module")
def close(mlflow_server: str, champion: str) -> str:
    """A version that answers 100.5, registered once for all tests, which point the alias at it."""
    version = constant(mlflow_server, NAME, 100.5, "candidate")
    assert version != champion
    return version


@pytest.fixture(scope="module")
def steep(mlflow_server: str, champion: str) -> str:
    """A version that has no finite number for rows above 1."""
    model = LinearRegression().fit(DATA, DATA["x"])
    model.coef_ = np.array([1e308])
    version = registered(mlflow_server, NAME, model, "candidate")
    assert version != champion
    return version


@pytest.fixture(scope="module")
def service(mlflow_server: str, champion: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a champion."""
    values = {"MLFLOW_TRACKING_URI": mlflow_server, "REGISTERED_MODEL_NAME": NAME}
    service = start_service(tmp_path_factory.mktemp("service"), values)
    service.wait_version(champion)
    yield service
    service.stop()


@pytest.fixture
def registry(mlflow_server: str, service: Service, champion: str) -> Iterator[Registry]:
    """The registered model; without a challenger before and after each test."""
    registry = Registry(mlflow_server, NAME)
    yield registry
    registry.point_at(champion, "champion")
    registry.remove()
    registry.tag(shadow_percent="0", canary_percent="0")
    service.wait_version(champion)
    service.wait(lambda service: service.model()["challenger"] is None, "no challenger")


def test_shadow_from_set_to_delete(service: Service, registry: Registry, champion: str, close: str) -> None:
    """A shadow predicts the champion's rows and is compared; with its alias it ends. No client notices anything."""
    assert service.model()["challenger"] is None
    with requests_to(service) as results:
        version = close
        registry.point_at(version)
        registry.tag(shadow_percent="100")
        shown = wait_compared(service, version, 100)
        assert (shown["version"], shown["state"], shown["reason"]) == (version, "serving", None)
        assert (shown["shadow_percent"], shown["canary_percent"], shown["problems"]) == (100.0, 0.0, [])
        agreement = shown["agreement"]
        assert agreement["rows"] == agreement["equal"]
        assert agreement["mean_absolute_difference"] == pytest.approx(0.5)
        assert agreement["mean_relative_difference"] == pytest.approx(0.5 / 100.5)
        info = f'inference_model_info{{alias="challenger",name="{NAME}",role="challenger",version="{version}"}}'
        assert metric(service, info) == 1.0
        assert metric(service, 'inference_challenger_percent{kind="shadow"}') == 100.0
        pid = worker_of(service)
        own = os.getpriority(os.PRIO_PROCESS, service.process.pid)  # not 0 when the tests run under nice
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(own + 10, 19)
        assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "1000\n"

        registry.tag(shadow_percent="many")
        found = wait_for(service, lambda found: found["problems"], "a wrong tag")
        assert "'many': it stays at 100" in found["problems"][0]
        assert found["shadow_percent"] == 100.0
        assert metric(service, 'inference_challenger_problem{reason="traffic"}') == 1.0

        registry.tag(shadow_percent="50 %")
        found = wait_for(service, lambda found: not found["problems"], "a good tag")
        assert found["shadow_percent"] == 50.0
        assert metric(service, 'inference_challenger_problem{reason="traffic"}') == 0.0

        registry.remove()
        service.wait(lambda service: service.model()["challenger"] is None, "no challenger")
        assert metric(service, 'inference_challenger_percent{kind="shadow"}') == 0.0
        assert 'role="challenger"' not in service.client.get("/metrics").text
        with pytest.raises(ValueError, match="not enough values"):
            worker_of(service)
        answers = results()
    assert len(answers) > 100
    assert set(answers) == {(200, champion, 100.0)}
    compared = metric(service, f'inference_challenger_compared_rows_total{{version="{version}"}}')
    labels = f'kind="shadow",outcome="answered",version="{version}"'
    assert compared == metric(service, f"inference_challenger_requests_total{{{labels}}}")
    assert compared == metric(service, f'inference_challenger_rows_total{{kind="shadow",version="{version}"}}')


def test_killed_and_stopped_process(service: Service, registry: Registry, champion: str, close: str) -> None:
    """A challenger that dies is started again after a pause; one that stands still drops rows. No client notices."""
    with requests_to(service) as results:
        registry.point_at(close)
        registry.tag(shadow_percent="100")
        wait_compared(service, close, 5)
        first = worker_of(service)
        os.kill(first, signal.SIGKILL)
        found = wait_for(service, lambda found: found["state"] == "failing", "failing")
        assert "the challenger was killed: most likely the container's memory limit" in found["reason"]
        wait_for(service, lambda found: found["state"] == "serving", "serving again")
        wait_compared(service, close, 5)
        second = worker_of(service)
        assert second != first
        os.kill(second, signal.SIGSTOP)
        registry.remove()
        service.wait(lambda service: service.model()["challenger"] is None, "no challenger")
        answers = results()
    assert set(answers) == {(200, champion, 100.0)}


def test_canary_that_stands_still_and_dies(service: Service, registry: Registry, champion: str, close: str) -> None:
    """A canary answers its clients; while it stands still, is killed or is withdrawn, the champion answers them."""
    with requests_to(service) as results:
        version = close
        registry.point_at(version)
        registry.tag(canary_percent="100")

        def answered_by(wanted: str) -> None:
            service.wait(lambda service: service.predict({"x": 1.0}).headers["x-model-version"] == wanted, wanted)

        answered_by(version)
        pid = worker_of(service)
        os.kill(pid, signal.SIGSTOP)
        answered_by(champion)
        found = wait_for(service, lambda found: found["state"] == "failing", "not asked any more")
        wait = f"{TOO_LATE} times in a row it had no answer within {PATIENCE_SECONDS:g} s"
        assert f"{wait}: it is not asked for 30 s" in found["reason"]
        os.kill(pid, signal.SIGKILL)
        wait_for(service, lambda found: found["state"] == "failing" and "was killed" in found["reason"], "killed")
        answered_by(version)
        registry.remove()
        answered_by(champion)
        answers = results()
    assert set(answers) == {(200, champion, 100.0), (200, version, 100.5)}
    fallback = f'inference_challenger_requests_total{{kind="canary",outcome="fallback",version="{version}"}}'
    assert (metric(service, fallback) or 0) >= 5


def test_canary_rows_that_it_cannot_predict(service: Service, registry: Registry, champion: str, steep: str) -> None:
    """A request with one row for which the challenger has no finite number is answered by the champion as a whole."""
    registry.point_at(steep)
    registry.tag(canary_percent="100", shadow_percent="100")
    service.wait(lambda service: service.predict({"x": 0.5}).headers["x-model-version"] == steep, "a canary")
    answer = service.client.post("/predict/batch", json=[{"x": 0.5}, {"x": 100.0}])
    assert (answer.status_code, answer.headers["x-model-version"]) == (200, champion)
    assert set(map(str, answer.json().values())) == {"[100.0, 100.0]"}


def test_another_signature_is_refused(service: Service, registry: Registry, champion: str, mlflow_server: str) -> None:
    """Other columns, or classes instead of numbers, are refused with the difference, until a champion like it comes."""
    other = constant(mlflow_server, NAME, 1.0, "challenger", DATA.rename(columns={"x": "y"}))
    registry.tag(shadow_percent="100")
    found = wait_for(service, lambda found: found.get("state") == "refused", "refused")
    assert found["reason"] == "the challenger is not like the champion: it has no column 'x', which the champion has"
    assert metric(service, 'inference_challenger_problem{reason="refused"}') == 1.0
    assert metric(service, 'inference_challenger_percent{kind="shadow"}') == 0.0
    labels = DummyClassifier(strategy="most_frequent").fit(DATA, ["a"] * 10 + ["b"] * 10)
    registered(mlflow_server, NAME, labels, "challenger")
    found = wait_for(service, lambda found: "class label" in (found.get("reason") or ""), "refused")
    assert "it answers with a class label, the champion with a number" in found["reason"]
    registry.point_at(other)
    wait_for(service, lambda found: "no column" in (found.get("reason") or ""), "refused")
    like = constant(mlflow_server, NAME, 7.0, "champion", DATA.rename(columns={"x": "y"}))
    service.wait_version(like)
    wait_for(service, lambda found: found.get("state") == "serving", "serving")
    registry.point_at(champion, "champion")
    service.wait_version(champion)
    wait_for(service, lambda found: found.get("state") == "refused", "refused again")


def test_rows_that_it_cannot_predict(service: Service, registry: Registry, champion: str, steep: str) -> None:
    """Rows for which it has no finite number are counted as failed, and not compared."""
    registry.point_at(steep)
    registry.tag(shadow_percent="100")
    wait_for(service, lambda found: found.get("agreement"), "serving")
    assert service.predict({"x": 100.0}).json() == {"prediction": 100.0}
    sample = f'inference_challenger_requests_total{{kind="shadow",outcome="failed",version="{steep}"}}'
    service.wait(lambda service: (metric(service, sample) or 0) >= 1, "a failed row")
    assert challenger(service)["agreement"]["rows"] == 0
    assert service.predict({"x": 100.0}).headers["x-model-version"] == champion


def test_promotion(service: Service, registry: Registry, champion: str, close: str) -> None:
    """Promoting the challenger ends it; clients that got its answers as a canary get no other ones meanwhile."""
    registry.point_at(close)
    registry.tag(canary_percent="100")
    service.wait(lambda service: service.predict({"x": 1.0}).headers["x-model-version"] == close, "a canary")
    assert service.model()["version"] == champion
    with requests_to(service) as results:
        registry.point_at(close, "champion")
        registry.tag(canary_percent="0")
        registry.remove()
        service.wait_version(close)
        service.wait(lambda service: service.model()["challenger"] is None, "no challenger")
        answers = results()
    assert set(answers) == {(200, close, 100.5)}
    registry.point_at(champion)
    assert wait_for(service, lambda found: found.get("state") == "serving", "the old one")["version"] == champion


def test_without_an_alias_in_the_settings(mlflow_server: str, tmp_path: Path) -> None:
    """An empty CHALLENGER_ALIAS follows nothing; at the end of the service its challenger's process has ended too."""
    name = "unchallenged"
    champion = constant(mlflow_server, name, 1.0, "champion")
    version = constant(mlflow_server, name, 2.0, "challenger")
    values = {"MLFLOW_TRACKING_URI": mlflow_server, "REGISTERED_MODEL_NAME": name}
    service = start_service(tmp_path, {**values, "CHALLENGER_ALIAS": ""})
    service.wait_version(champion)
    assert service.model()["challenger"] is None
    service.stop()
    service = start_service(tmp_path, values)
    assert wait_for(service, lambda found: found.get("state") == "serving", "serving")["version"] == version
    pid = worker_of(service)
    assert service.stop() == 0
    assert not Path(f"/proc/{pid}").exists()
