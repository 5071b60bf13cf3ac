"""The log records of the real service when a model fails."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from registration import register
from service_process import Service
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
NAME = "fails_now_and_then"
REQUESTS = 300


@pytest.fixture(scope="module")
def model(mlflow_server: str) -> str:
    """The name of a model that predicts 2x, but raises a KeyError for 13 and an AttributeError for 14."""

    def check(data: Any) -> Any:
        values, known = data.to_numpy(), dict[str, Any]()
        if (values == 13).any():
            return known["thirteen"]
        if (values == 14).any():
            return None.fourteen  # type: ignore[attr-defined]  # the fault that is to be logged
        return data

    rows = pd.DataFrame({"x": np.arange(0.0, 10.0)})
    fitted = make_pipeline(FunctionTransformer(check), LinearRegression()).fit(rows, rows["x"] * 2)
    signature = infer_signature(rows, fitted.predict(rows))
    register(
        mlflow_server,
        NAME,
        fitted,
        signature=signature,
        input_example=rows[:2],
        serialization_format="cloudpickle",
    )
    return NAME


def failures(service: Service) -> list[dict[str, Any]]:
    """The records of failed requests."""
    records = [json.loads(line) for line in service.log.read_text().splitlines()]
    return [record for record in records if record["level"] == "ERROR"]


@pytest.mark.parametrize("lane", ["true", "false"])
def test_one_record_for_each_kind(lane: str, model: str, serve: Callable[..., Service]) -> None:
    """Of hundreds of failed requests the log has one record per kind, with traceback and id; others succeed."""
    service = serve(model, FAST_LANE=lane, ALLOW_PICKLE="true")
    service.wait_ready()
    answers: dict[str, list[str]] = {"KeyError": [], "AttributeError": []}
    for number in range(REQUESTS):
        kind = "KeyError" if number % 3 else "AttributeError"
        answer = service.predict({"x": 13 if number % 3 else 14})
        assert answer.status_code == 500
        assert answer.json()["error"] == "prediction_failed"
        assert kind in answer.json()["detail"]
        answers[kind].append(answer.headers["x-request-id"])
    assert service.predict({"x": 4}).json()["prediction"] == pytest.approx(8)
    batch = service.client.post("/predict/batch", json=[{"x": 13}, {"x": 4}])
    assert batch.status_code == 500

    found = {record["exc_info"].rsplit("\n", 1)[-1].partition(":")[0]: record for record in failures(service)}
    assert len(failures(service)) == 2
    for kind, ids in answers.items():
        assert found[kind]["request_id"] == ids[0]
        assert "in check" in found[kind]["exc_info"]
