"""The prediction log of the real service, from requests of every protocol to the training on it."""

import json
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import mlflow
import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from mlflow.models import infer_signature
from registration import register
from service_process import ROOT, Service
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

pytestmark = [
    pytest.mark.integration,
    # MLflow's client warns about integer columns and uses deprecated features of pandas, which are not tested here.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
NAME = "logged_predictions"
ROW = {"size": 1.5, "count": 2, "colour": "red"}
COLUMNS = list(ROW)
# As small as a disk that is full: the files of the log, and whatever else the process writes, end there.
FULL_DISK_BYTES = 4096
# Nobody can create a folder there, not even root.
NOT_WRITABLE = "/proc/prediction-log"


@pytest.fixture(scope="module")
def model(mlflow_server: str) -> str:
    """A registered classifier of a number, an integer and a text."""
    source = np.random.default_rng(3)
    data = pd.DataFrame(
        {"size": source.normal(0, 1, 60), "count": source.integers(0, 9, 60), "colour": ["red", "blue"] * 30}
    )
    columns = make_column_transformer((OneHotEncoder(), ["colour"]), ("passthrough", ["size", "count"]))
    estimator = make_pipeline(columns, LogisticRegression()).fit(data, np.where(data["size"] > 0, "high", "low"))
    signature = infer_signature(data, estimator.predict(data))
    register(mlflow_server, NAME, estimator, signature=signature, input_example=data[:2])
    return NAME


@pytest.fixture
def logging(serve: Callable[..., Service], model: str, tmp_path: Path) -> Callable[..., Service]:
    """Starts a service that logs every request into `tmp_path / "log"`."""

    def start(**environment: str) -> Service:
        values = {"PREDICTION_LOG_PERCENT": "100", "PREDICTION_LOG_DIR": str(tmp_path / "log"), **environment}
        service = serve(model, **values)
        service.wait_ready()
        return service

    return start


def records(folder: Path) -> list[dict[str, Any]]:
    """Every record, in the order of the files."""
    return [json.loads(line) for file in sorted(folder.iterdir()) for line in file.read_text().splitlines()]


def wait_metric(service: Service, sample: str, least: float) -> None:
    """Poll until a sample of `GET /metrics` has at least this value."""

    def reached(running: Service) -> bool:
        text = running.client.get("/metrics").text
        values = [float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{sample} ")]
        return bool(values) and values[0] >= least

    service.wait(reached, sample)


def metric(service: Service, sample: str) -> float:
    """A sample of `GET /metrics`; 0 when it is not there."""
    lines = service.client.get("/metrics").text.splitlines()
    return next((float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{sample} ")), 0.0)


def dropped(reason: str) -> str:
    """The name of the sample that counts the rows that were not written for a reason."""
    return f'inference_prediction_log_dropped_total{{reason="{reason}"}}'


def every_request(client: httpx.Client) -> list[tuple[str, list[Any]]]:
    """Send requests of all protocols; the id and the predictions of each response."""
    rows = [ROW, {"size": -0.1 - 0.2, "count": -(2**63), "colour": "blue"}]
    tensors = [
        {"name": "size", "shape": [2], "datatype": "FP64", "data": [row["size"] for row in rows]},
        {"name": "count", "shape": [2], "datatype": "INT64", "data": [row["count"] for row in rows]},
        {"name": "colour", "shape": [2], "datatype": "BYTES", "data": [row["colour"] for row in rows]},
    ]
    bodies: list[tuple[str, Any, Callable[[Any], list[Any]]]] = [
        ("/predict", ROW, lambda body: [body["prediction"]]),
        ("/predict?probabilities=true", ROW, lambda body: [body["prediction"]]),
        ("/predict/batch?probabilities=true", rows, lambda body: body["predictions"]),
        (f"/v2/models/{NAME}/infer", {"inputs": tensors}, lambda body: body["outputs"][0]["data"]),
        ("/invocations", {"dataframe_records": rows}, lambda body: body["predictions"]),
        ("/predict/batch", rows, lambda body: body["predictions"]),
    ]
    sent = []
    for number, (path, content, predictions) in enumerate(bodies):
        for headers in ({}, {"X-Request-ID": f"mine-{number}"}):
            response = client.post(path, json=content, headers=headers)
            assert response.status_code == 200, response.text
            assert response.headers["x-request-id"].startswith("mine" if headers else "")
            sent.append((response.headers["x-request-id"], predictions(response.json())))
    return sent


def test_lane_and_route_write_the_same(logging: Callable[..., Service], tmp_path: Path) -> None:
    """Each answered row of each protocol has one record with its exact inputs and its prediction; errors have none."""
    found = []
    for fast_lane in ("true", "false"):
        folder = tmp_path / fast_lane
        service = logging(PREDICTION_LOG_DIR=str(folder), FAST_LANE=fast_lane)
        version = service.model()["version"]
        with httpx.Client(base_url=service.url, timeout=30) as client:  # one that sends predictions only
            assert client.post("/predict", json={"size": "x"}).status_code == 422
            assert client.post("/predict/batch", json=[]).status_code == 200
            sent = every_request(client)
        assert (metric(service, "inference_lane_requests_total") > 0) == (fast_lane == "true")
        assert service.stop() == 0
        written = records(folder)
        assert [(record["request_id"], record["row"], record["prediction"]) for record in written] == [
            (request_id, place, prediction) for request_id, answers in sent for place, prediction in enumerate(answers)
        ]
        assert {(record["model"], record["model_version"]) for record in written} == {(NAME, version)}
        assert written[-1]["inputs"] == {"size": -0.1 - 0.2, "count": -(2**63), "colour": "blue"}
        names = ("row", "inputs", "prediction", "probabilities")
        found.append([tuple(record.get(name) for name in names) for record in written])
    assert found[0] == found[1]
    assert [set(found) for *_, found in found[0] if found] == [{"high", "low"}] * 6


def test_a_folder_that_cannot_be_written(logging: Callable[..., Service]) -> None:
    """Requests are answered, the rows are counted, `GET /model` has the reason, and one line of the log."""
    service = logging(PREDICTION_LOG_DIR=NOT_WRITABLE)
    for _ in range(3):
        assert service.client.post("/predict/batch", json=[ROW] * 4).status_code == 200
        wait_metric(service, dropped("not_writable"), 4)
    wait_metric(service, dropped("not_writable"), 12)
    assert service.model()["prediction_log"] == {
        "percent": 100,
        "folder": NOT_WRITABLE,
        "problem": f"{NOT_WRITABLE}: No such file or directory",
    }
    assert service.stop() == 0
    assert service.log.read_text().count("the prediction log cannot be written") == 1


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits the files of another process")
def test_a_disk_that_is_full(logging: Callable[..., Service], tmp_path: Path) -> None:
    """Requests are answered, no line is cut, and writing goes on when there is room."""
    service = logging()
    assert service.predict(ROW).status_code == 200
    wait_metric(service, "inference_prediction_log_records_total", 1)
    before = resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (FULL_DISK_BYTES, before[1]))
    assert service.client.post("/predict/batch", json=[ROW] * 50).status_code == 200
    wait_metric(service, dropped("disk_full"), 50)
    assert service.model()["prediction_log"]["problem"] == f"{tmp_path / 'log'}: File too large"
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, before)
    assert service.client.post("/predict/batch", json=[ROW] * 50).status_code == 200
    wait_metric(service, "inference_prediction_log_records_total", 51)
    assert service.model()["prediction_log"]["problem"] is None
    assert service.stop() == 0
    assert len(records(tmp_path / "log")) == 51


def test_a_process_that_is_killed(logging: Callable[..., Service], tmp_path: Path) -> None:
    """What was written stays; two processes share the folder, and the next start goes on in files of its own."""
    first, second = logging(), logging()
    for service in (first, second):
        assert service.client.post("/predict/batch", json=[ROW] * 20).status_code == 200
        wait_metric(service, "inference_prediction_log_records_total", 20)
    first.process.kill()
    first.process.wait(30)
    third = logging()
    for service in (second, third):
        assert service.client.post("/predict/batch", json=[ROW] * 3).status_code == 200
        assert service.stop() == 0
    files = sorted(len(file.read_bytes().splitlines()) for file in (tmp_path / "log").iterdir())
    assert files == [3, 20, 23]
    # The kernel had taken a part of a line when the machine went down.
    cut = next(iter((tmp_path / "log").iterdir()))
    with cut.open("ab") as file:
        file.write(b'{"time": "2026-11-')
    told = export(tmp_path / "log", tmp_path / "table.csv")
    assert "lines left out, cut or no records: 1\n" in told
    assert "records 46, columns 9, files 3" in told


def test_a_model_is_trained_on_the_log(logging: Callable[..., Service], mlflow_server: str, tmp_path: Path) -> None:
    """Log, table, true answers joined by request and row, trainer, registry; the new version has the same fields.

    SIGTERM right after the last answer loses none.
    """
    service = logging()
    draw = np.random.default_rng(8)
    truth: list[tuple[str, int, float]] = []
    for _ in range(40):
        sizes, counts = draw.normal(size=5).tolist(), draw.integers(0, 9, 5).tolist()
        rows = [
            {"size": size, "count": count, "colour": str(draw.choice(["red", "blue"]))}
            for size, count in zip(sizes, counts, strict=True)
        ]
        response = service.client.post("/predict/batch", json=rows)
        request_id = response.headers["x-request-id"]
        prices = [3 * size + count for size, count in zip(sizes, counts, strict=True)]
        truth += [(request_id, place, price) for place, price in enumerate(prices)]
    assert service.stop() == 0
    export(tmp_path / "log", tmp_path / "table.csv")
    export(tmp_path / "log", tmp_path / "table.parquet")
    table = pd.read_csv(tmp_path / "table.csv")
    typed = pyarrow.parquet.read_table(tmp_path / "table.parquet").to_pandas()
    for name in (*COLUMNS, "prediction", "request_id", "row"):
        assert table[name].tolist() == typed[name].tolist(), name
    labels = pd.DataFrame(truth, columns=["request_id", "row", "price"])
    joined = table.merge(labels, on=["request_id", "row"], how="inner", validate="one_to_one")
    assert len(joined) == len(truth)
    joined.to_csv(tmp_path / "labelled.csv", index=False)
    ignored = [name for name in table.columns if name not in COLUMNS]
    assert ignored == ["time", "request_id", "row", "model", "model_version", "prediction"]
    options = [part for name in ignored for part in ("--ignore", name)]
    command = [sys.executable, "-m", "src.service.training_standalone", "--data", str(tmp_path / "labelled.csv")]
    registry = ["--tracking-uri", mlflow_server, "--model-name", "trained_on_the_log"]
    run = subprocess.run(
        [*command, "--target", "price", *options, *registry], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1])["promoted"] is True
    info = mlflow.models.get_model_info("models:/trained_on_the_log@champion")
    assert set(info.signature.inputs.input_names()) == set(COLUMNS)


def export(folder: Path, output: Path) -> str:
    """Make a table as `make predictions FOLDER=...` does; what it tells."""
    command = [sys.executable, "-m", "src.service.prediction_export", "--folder", str(folder), "--output", str(output)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stderr
