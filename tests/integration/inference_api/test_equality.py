"""For every kind of model the service predicts what `mlflow.pyfunc` and MLflow's scoring server predict."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from mlflow.pyfunc.scoring_server.client import ScoringServerClient
from model_cases import Case
from scoring_bodies import MORE_LENIENT, STRICTER, WRONG, with_texts
from scoring_comparison import compare_forms, invoke, same_predictions
from scoring_server import scoring_server
from service_process import Service

from tests.integration.inference_api.conftest import Served

pytestmark = [
    pytest.mark.integration,
    # MLflow's client warns about integer columns and uses deprecated features of pandas, which are not tested here.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]


@pytest.fixture
def service(service_of_kinds: Service) -> Service:
    """The service of all kinds of models."""
    return service_of_kinds


def json_rows(data: Any) -> list[dict[str, Any]]:
    """Rows as a client sends them: missing values are null, datetimes are ISO 8601."""
    if isinstance(data, np.ndarray) and data.ndim == 1:
        return [{"text": text} for text in data.tolist()]
    if isinstance(data, np.ndarray):
        data = pd.DataFrame(data, columns=[f"feature{place + 1}" for place in range(data.shape[1])])
    rows = []
    for record in data.to_dict(orient="records"):
        row = {}
        for name, value in record.items():
            plain = value.isoformat() if isinstance(value, pd.Timestamp) else value
            plain = plain.item() if isinstance(plain, np.generic) else plain
            row[str(name)] = None if isinstance(plain, float) and np.isnan(plain) else plain
        rows.append(row)
    return rows


@pytest.fixture(scope="module")
def mlflow_port(served: Served) -> Iterator[int]:
    """The port of MLflow's own scoring server with the same version."""
    with scoring_server(served.reference) as port:
        yield port


def test_predictions_equal_pyfunc(served: Served, service: Service) -> None:
    """`/predict` and `/predict/batch` return pyfunc's prediction for each row, for any signature and labels."""
    case, version, reference = served.case, served.version, served.reference
    rows = json_rows(case.data[:25])
    expected = [np.asarray(reference.predict(case.data[place : place + 1])).tolist()[0] for place in range(len(rows))]
    alone = [service.predict(row) for row in rows]
    assert [answer.status_code for answer in alone] == [200] * len(rows), alone[0].text
    assert {answer.headers["x-model-version"] for answer in alone} == {version}
    assert [answer.json()["prediction"] for answer in alone] == expected
    together = service.client.post("/predict/batch", json=rows).json()["predictions"]
    assert all(_near(found, wanted) for found, wanted in zip(together, expected, strict=True))
    about = service.model()
    assert about["last_reload_error"] is None
    assert about["input_path"] == case.input_path
    assert about["predict_path"] == case.predict_path, about["predict_path_reason"]
    assert about["estimator"] == type(case.estimator).__name__
    _check_probabilities(case, service, rows, about)


def test_mlflow_client_gets_mlflow_answers(served: Served, service: Service, mlflow_port: int) -> None:
    """MLflow's own client, as it is, gets the same answers from this service as from MLflow's server, row by row."""
    data = served.case.data
    complete = with_texts(data)[:25]
    ours, theirs = client_of(int(service.url.rpartition(":")[2])), client_of(mlflow_port)
    ours.wait_server_ready()
    assert ours.get_version() == theirs.get_version()
    for place in range(10):
        row = data[place : place + 1]
        assert ours.invoke(row) == theirs.invoke(row)
    assert same_predictions(ours.invoke(complete), theirs.invoke(complete))


def test_every_form_gets_mlflow_answers(served: Served, service: Service, mlflow_port: int) -> None:
    """Whatever form MLflow's server answers the rows in, the service answers it, and equally."""
    with httpx.Client(base_url=f"http://127.0.0.1:{mlflow_port}") as theirs:
        answered = compare_forms(service.client, theirs, with_texts(served.case.data)[:25])
    assert len(answered) >= 2, answered


@pytest.mark.parametrize("served", WRONG, indirect=True)
def test_wrong_inputs_get_mlflow_statuses(served: Served, service: Service, mlflow_port: int) -> None:
    """What MLflow's server refuses, or accepts, so does the service, but for the differences that are told here."""
    with httpx.Client(base_url=f"http://127.0.0.1:{mlflow_port}") as theirs:
        for wrong in WRONG[served.kind]:
            wanted, found = invoke(theirs, wrong.body), invoke(service.client, wrong.body)
            statuses = f"{wrong.body.form}: {wanted.status_code} {wanted.text}; ours {found.status_code} {found.text}"
            assert wanted.is_success == wrong.difference.startswith(STRICTER), statuses
            assert found.is_success == wrong.difference.startswith(MORE_LENIENT), statuses
            if found.is_success:
                continue
            assert found.status_code in {400, 415}, statuses
            assert found.json().keys() == {"error_code", "message"}, statuses
            assert wanted.status_code in {200, found.status_code}, statuses


def client_of(port: int) -> ScoringServerClient:
    """MLflow's client of a scoring server."""
    return ScoringServerClient("127.0.0.1", port)


@pytest.mark.parametrize("served", ["strings, datetimes, missing values"], indirect=True)
@pytest.mark.usefixtures("served")
def test_example_is_accepted(service: Service) -> None:
    """The example in the OpenAPI document is a valid request."""
    document = service.client.get("/openapi.json").json()
    example = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert service.predict(example).status_code == 200


def _check_probabilities(case: Case, service: Service, rows: list[dict[str, Any]], about: dict[str, Any]) -> None:
    """With `probabilities=true` each row has the numbers of `predict_proba`; a model without them says why."""
    classes = getattr(case.estimator, "classes_", None)
    alone = [service.client.post("/predict", params={"probabilities": "true"}, json=row) for row in rows]
    together = service.client.post("/predict/batch", params={"probabilities": "true"}, json=rows)
    if classes is None or isinstance(classes, list):
        assert about["outputs"] == ["prediction"]
        for answer in (alone[0], together):
            assert (answer.status_code, answer.json()["error"]) == (422, "no_probabilities")
            assert about["probabilities_reason"] in answer.json()["detail"]
        return
    assert about["outputs"] == ["prediction", "probabilities"]
    names = [label if isinstance(label, str) else json.dumps(label) for label in classes.tolist()]
    expected = case.estimator.predict_proba(case.data[: len(rows)])
    for found in ([answer.json()["probabilities"] for answer in alone], together.json()["probabilities"]):
        assert [list(row) for row in found] == [names] * len(rows)
        assert np.allclose([list(row.values()) for row in found], expected, rtol=1e-9, atol=1e-9)
    predicted = [service.predict(row).json()["prediction"] for row in rows]
    assert [answer.json()["prediction"] for answer in alone] == predicted
    assert all(map(_near, together.json()["predictions"], predicted))


def _near(found: Any, wanted: Any) -> bool:
    """Whether they are equal up to rounding: BLAS adds in another order for a batch than for a single row."""
    if isinstance(wanted, str | bool):
        return bool(found == wanted)
    return bool(np.allclose(found, wanted, rtol=1e-6, atol=0))
