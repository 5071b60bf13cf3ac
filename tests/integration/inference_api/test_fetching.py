"""Fetching a version with golden answers, and with predictions of MLflow."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import mlflow
import mlflow.artifacts
import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from registration import register
from scipy.stats import uniform
from service_process import ROOT, Service, start_service
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from src.service.content_digest import content_digest
from src.service.fetching.request import FetchRequest
from src.service.registry.bundle import Bundle
from src.service.training.trainer import train
from src.service.training.training_options import TrainingOptions
from src.service.verification.golden_answers import FILE

pytestmark = [
    pytest.mark.integration,
    # MLflow's client warns about integer columns and uses deprecated features of pandas, which are not tested here.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
DATA = pd.DataFrame(np.random.default_rng(1).normal(0, 1, (20, 1)), columns=["x"])
HEAVY = {"boto3", "mlflow", "pandas", "pyarrow", "scipy", "sklearn", "skops"}


def fetched(request: FetchRequest) -> tuple[Bundle, set[str]]:
    """The bundle of the fetch process, and the packages that it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "src.service.fetching.worker"],
        cwd=ROOT,
        input=request.as_json(),
        capture_output=True,
        check=False,
        timeout=120,
    )
    assert json.loads(done.stdout) == {"ok": True}, done.stdout
    imported = set(re.findall(r"\| +(\w+)", done.stderr.decode()))
    return Bundle.read(Path(request.destination)), imported


def request_of(server: str, name: str, version: str, folder: Path, digest: str) -> FetchRequest:
    """A request for a version."""
    folder.mkdir()
    return FetchRequest(
        tracking_uri=server,
        name=name,
        version=version,
        run_id="",
        source="",
        content_sha256=digest,
        allow_pickle=False,
        destination=str(folder),
    )


def options_of(server: str, name: str) -> TrainingOptions:
    """The trainer's defaults."""
    return TrainingOptions(tracking_uri=server, model_name=name, alias="champion", experiment="tests", wait_seconds=5)


def record(server: str, name: str, version: str, checks: list[dict[str, Any]], folder: Path) -> None:
    """Add golden answers to a registered version, and its digest to the registry."""
    client = mlflow.MlflowClient(server)
    files = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}", dst_path=str(folder)))
    (files / FILE).write_text(json.dumps({"format": 1, "examples": 1, "checks": checks}))
    source = str(client.get_model_version(name, version).source)
    client.log_model_artifact(source.removeprefix("models:/"), str(files / FILE))
    client.set_model_version_tag(name, version, "content_sha256", content_digest(files))


def test_the_trainers_version(mlflow_server: str, tmp_path: Path) -> None:
    """What the trainer registers is fetched without MLflow, pandas and scikit-learn, with answers that MLflow gives."""
    name = "with_golden_answers"
    train(options_of(mlflow_server, name))
    digest = mlflow.MlflowClient(mlflow_server).get_model_version(name, "1").tags["content_sha256"]
    by_record, imported = fetched(request_of(mlflow_server, name, "1", tmp_path / "record", digest))
    assert imported.isdisjoint(HEAVY)
    by_mlflow, imported = fetched(request_of(mlflow_server, name, "1", tmp_path / "asked", ""))
    assert {"mlflow", "pandas", "sklearn"} <= imported
    assert len(by_record.checks) == 34  # the documented row, three of the data, thirty drawn
    assert by_record.checks[:4] == by_mlflow.checks[:4]
    assert by_record.logged == by_mlflow.logged
    same = {"columns", "example", "model_file", "predict_fn", "named", "serialization_format", "content_sha256"}
    first, second = asdict(by_record), asdict(by_mlflow)
    assert {key: first[key] for key in same} == {key: second[key] for key in same}


def test_the_trainers_version_serves(serve: Callable[..., Service], mlflow_server: str, tmp_path: Path) -> None:
    """A table with texts, booleans and gaps, as the trainer registers it, passes its golden answers and serves."""
    draw = np.random.default_rng(5)
    table = pd.DataFrame(
        {
            "edad": draw.integers(18, 90, 80),
            "peso": pd.Series(draw.normal(70, 9, 80)).mask(draw.random(80) < 0.2),
            "ciudad": pd.Series(draw.choice(["Cali", "Bogotá"], 80)).mask(draw.random(80) < 0.2),
            "alta": draw.random(80) < 0.5,
        }
    )
    table.assign(y=table["edad"] * 2.0).to_csv(tmp_path / "t.csv", index=False)
    train(replace(options_of(mlflow_server, "mixed_record"), data=tmp_path / "t.csv", target="y"))
    service = serve("mixed_record")
    service.wait_ready()
    answer = service.predict({"edad": 40, "peso": None, "ciudad": "Cali", "alta": True})
    assert answer.json()["prediction"] == pytest.approx(80, abs=0.5)
    (bundle,) = Path(service.log).parent.rglob("bundle.json")
    record_file = bundle.parent / "model" / FILE
    checks = json.loads(bundle.read_text())["checks"]
    assert checks == json.loads(record_file.read_text())["checks"]


def cost(estimator: Any, features: Any, target: Any) -> float:
    """A scorer of a script or notebook."""
    return -float(np.abs(estimator.predict(features) - target).sum())


def test_search_whole(
    serve: Callable[..., Service], mlflow_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A search is served with its best estimator, although its scorer and distributions are not trusted."""
    monkeypatch.setattr(cost, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "cost", cost, raising=False)
    table = pd.DataFrame({"kind": pd.Series(["n", "s"] * 20, dtype="category"), "size": np.arange(40.0)})
    target = table["size"] * 2 + (table["kind"] == "n") * 100
    columns = make_column_transformer(
        (OrdinalEncoder(), make_column_selector(dtype_include="category")),
        remainder="passthrough",
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    model = make_pipeline(columns, HistGradientBoostingRegressor(max_iter=30, categorical_features=["kind"]))
    choices = {"histgradientboostingregressor__learning_rate": uniform(0.1, 0.1)}
    search = RandomizedSearchCV(model, choices, n_iter=2, scoring=cost, cv=2, random_state=0).fit(table, target)
    texts = table.astype({"kind": str})
    signature = infer_signature(texts, target)
    register(mlflow_server, "search", search, signature=signature, input_example=texts[:3])
    service = serve("search")
    service.wait_ready()
    answer = service.predict({"kind": "n", "size": 7.0})
    assert answer.json()["prediction"] == pytest.approx(search.predict(table[6:7].assign(size=7.0))[0])
    bundle, _imported = fetched(request_of(mlflow_server, "search", "1", tmp_path / "asked", ""))
    assert len(bundle.checks) > 0


def test_golden_answers_that_differ(serve: Callable[..., Service], mlflow_server: str, tmp_path: Path) -> None:
    """A version that differs from its golden answers, or has untrusted types, is refused by the service."""
    name = "lying_record"
    model = LinearRegression().fit(DATA, DATA["x"])
    options: dict[str, Any] = {"signature": infer_signature(DATA, model.predict(DATA)), "alias": "candidate"}
    lying = register(mlflow_server, name, model, **options)
    record(mlflow_server, name, lying, [{"row": {"x": 1.0}, "answer": 2.0}], tmp_path / "lying")
    client = mlflow.MlflowClient(mlflow_server)
    client.set_registered_model_alias(name, "champion", lying)
    service = serve(name)
    assert "mlflow.pyfunc answers 2.0" in service.wait_error("a row of its verification")

    untrusted = FunctionTransformer(shutil.which).fit(DATA)
    untrusted.predict = None
    acting = register(mlflow_server, name, untrusted, **options)
    record(mlflow_server, name, acting, [{"row": {"x": 1.0}, "answer": 1.0}], tmp_path / "acting")
    client.set_registered_model_alias(name, "champion", acting)
    assert "shutil.which" in service.wait_error("not trusted")
    assert service.client.get("/ready").status_code == 503

    honest = register(mlflow_server, name, model, **options)
    record(mlflow_server, name, honest, [{"row": {"x": 1.0}, "answer": 1.0}], tmp_path / "honest")
    client.set_registered_model_alias(name, "champion", honest)
    service.wait_version(honest)
    assert service.predict({"x": 3.0}).json()["prediction"] == pytest.approx(3.0)


def test_files_that_the_server_does_not_hand_out(proxyless_server: str, tmp_path: Path) -> None:
    """When the server does not deliver the files, MLflow's client downloads them, and the version serves."""
    model = LinearRegression().fit(DATA, DATA["x"])
    version = register(proxyless_server, "elsewhere", model, signature=infer_signature(DATA, model.predict(DATA)))
    service = start_service(tmp_path, {"MLFLOW_TRACKING_URI": proxyless_server, "REGISTERED_MODEL_NAME": "elsewhere"})
    try:
        service.wait_version(version)
        assert service.predict({"x": 3.0}).json()["prediction"] == pytest.approx(3.0)
    finally:
        service.stop()
