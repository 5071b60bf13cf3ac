"""From the trainer through a real registry to the drift figures of the real API, beside independent ones."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from independent_psi import independent_psi
from mlflow.models import infer_signature
from registration import register
from service_process import Service
from sklearn.ensemble import RandomForestClassifier

from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.profile import log_profile
from src.service.training.trainer import train
from src.service.training.training_options import TrainingOptions

pytestmark = [
    pytest.mark.integration,
    # MLflow compares a pandas index with a range while it reads and writes tables.
    pytest.mark.filterwarnings("ignore:Operation with .* is deprecated:pandas.errors.Pandas4Warning"),
]

ROWS = 900


def houses(seed: int, *, shifted: bool = False) -> pd.DataFrame:
    """Houses of a town, or of one with larger, newer houses in other quarters."""
    draw = np.random.default_rng(seed)
    quarters = [0.1, 0.2, 0.7] if shifted else [0.5, 0.3, 0.2]
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(draw.integers(0, 300, ROWS) + 150 * shifted, "D")
    garages = pd.Series(draw.random(ROWS) < 0.3 + 0.4 * shifted, dtype=object)
    return pd.DataFrame(
        {
            "metros": (draw.normal(90, 20, ROWS) + 25 * shifted).round(1),
            "baños": draw.integers(1, 4, ROWS) + shifted,
            "barrio": draw.choice(["norte", "sur", "centro"], ROWS, p=quarters),
            "garaje": garages.mask(draw.random(ROWS) < 0.1, None),
            "día": pd.Series(days).mask(draw.random(ROWS) < 0.1),
            "dueño": [f"familia {number // 2}" for number in range(ROWS)],
        }
    )


def price(table: pd.DataFrame) -> Any:
    """What the model learns."""
    return 3 * table["metros"] + 20 * (table["barrio"] == "norte") + 7 * (table["garaje"] == True)  # noqa: E712 - None too


@pytest.fixture(scope="module")
def name(mlflow_server: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The registered model of the trainer."""
    path = tmp_path_factory.mktemp("houses") / "houses.csv"
    table = houses(1)
    table.assign(precio=price(table)).to_csv(path, index=False)
    options = TrainingOptions(
        tracking_uri=mlflow_server,
        model_name="houses that drift",
        alias="champion",
        experiment="tests",
        data=path,
        target="precio",
        csv=CsvOptions(columns={"día": "date"}),
    )
    before = mlflow.get_tracking_uri()
    train(options)
    mlflow.set_tracking_uri(before)
    mlflow.set_registry_uri(before)
    return options.model_name


def stored_profile(server: str, name: str, folder: Path) -> dict[str, Any]:
    """`profile.json` of the champion, as the registry has it."""
    mlflow.set_tracking_uri(server)
    mlflow.set_registry_uri(server)
    file = mlflow.artifacts.download_artifacts(f"models:/{name}@champion/profile.json", dst_path=str(folder))
    found: dict[str, Any] = json.loads(Path(file).read_text(encoding="utf-8"))
    return found


def sent(service: Service, table: pd.DataFrame) -> list[Any]:
    """Send a table in one request, and wait until all of its rows are counted; the predictions."""
    records = json.loads(table.to_json(orient="records", date_format="iso"))
    answer = service.client.post("/predict/batch", json=records)
    assert answer.status_code == 200, answer.text
    service.wait(lambda service: service.model()["drift"]["rows"] == len(table), "the rows are counted")
    predictions: list[Any] = answer.json()["predictions"]
    return predictions


def independent(profile: dict[str, Any], table: pd.DataFrame, predictions: list[Any]) -> dict[str, float]:
    """The figures that pandas and scipy find for a table and its predictions."""
    rows = profile["rows"]
    columns = {str(column): independent_psi(profile["columns"][column], rows, table[column]) for column in table}
    return columns | {"prediction": independent_psi(profile["prediction"], rows, pd.Series(predictions))}


def metrics_of(service: Service) -> dict[str, float]:
    """The figures in `/metrics`, by column."""
    lines = [line for line in service.client.get("/metrics").text.splitlines() if "drift_psi{" in line]
    return {
        line.partition('column="')[2].partition('"')[0] or "prediction": float(line.rpartition(" ")[2])
        for line in lines
    }


@pytest.fixture(scope="module")
def service(name: str, serve: Callable[..., Service]) -> Service:
    """The API with the trainer's model."""
    started = serve(name)
    started.wait_ready()
    return started


def checked_figures(service: Service, table: pd.DataFrame, profile: dict[str, Any]) -> list[float]:
    """The figures of a table, of the columns with choices or numbers, after a comparison with independent ones."""
    expected = independent(profile, table, sent(service, table))
    drift = service.model()["drift"]
    found: dict[str, float] = drift["columns"] | {"prediction": drift["prediction"]}
    assert found == pytest.approx(expected, abs=1e-9)
    assert metrics_of(service) == pytest.approx(expected, abs=1e-9)
    assert (drift["profile"], drift["reason"]) == (True, None)
    del found["dueño"]  # of texts that are all different only the missing ones are compared
    return list(found.values())


def test_rows_like_the_training_rows(service: Service, name: str, mlflow_server: str, tmp_path: Path) -> None:
    """Rows of the same kind stay under 0.1, and pandas and scipy find the same figures."""
    assert max(checked_figures(service, houses(2), stored_profile(mlflow_server, name, tmp_path))) < 0.1


def test_shifted_rows(serve: Callable[..., Service], name: str, mlflow_server: str, tmp_path: Path) -> None:
    """Shifted rows pass 0.25 in every column and in the predictions, and pandas and scipy find the same figures."""
    other = serve(name)
    other.wait_ready()
    assert min(checked_figures(other, houses(2, shifted=True), stored_profile(mlflow_server, name, tmp_path))) > 0.25


def test_texts_of_the_training_rows(service: Service, name: str, mlflow_server: str, tmp_path: Path) -> None:
    """`choices` has the texts, the most frequent first, and the file has none of a column of names."""
    assert service.model()["choices"] == {"barrio": ["norte", "sur", "centro"]}
    profile = stored_profile(mlflow_server, name, tmp_path)
    assert "familia" not in json.dumps(profile)
    assert list(profile["columns"]) == ["metros", "baños", "barrio", "garaje", "día", "dueño"]


def test_model_of_another_program(serve: Callable[..., Service], mlflow_server: str) -> None:
    """A model without a profile is served, and `/model` says why it has no figures; `log_profile` adds one."""
    rows = pd.DataFrame(np.random.default_rng(4).normal(0, 1, (ROWS, 2)), columns=["a", "b"])
    model = RandomForestClassifier(5, random_state=1).fit(rows, np.where(rows["a"] > 0, "alto", "bajo"))
    name = "bosque de la región"  # with a blank and an accent
    options: dict[str, Any] = {"signature": infer_signature(rows, model.predict(rows)), "input_example": rows[:3]}
    version = register(mlflow_server, name, model, **options)
    service = serve(name)
    service.wait_version(version)
    drift = service.model()["drift"]
    assert (drift["profile"], drift["reason"]) == (False, "the version has no profile.json")
    assert metrics_of(service) == {}
    version = register(mlflow_server, name, model, alias="candidate", **options)
    client = mlflow.MlflowClient()
    model_id = str(client.get_model_version(name, version).source).removeprefix("models:/")
    log_profile(model_id, rows, model.predict(rows))
    client.set_registered_model_alias(name, "champion", version)
    service.wait_version(version)
    sent(service, rows)
    drift = service.model()["drift"]
    assert drift["columns"] == {"a": 0.0, "b": 0.0}
    assert drift["prediction"] == 0.0
