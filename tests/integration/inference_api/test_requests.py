"""Responses of the service to valid, invalid and malicious requests, over real HTTP."""

import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urljoin, urlsplit

import numpy as np
import pandas as pd
import pytest
from mlflow.models import infer_signature
from registration import register
from service_process import Service
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

pytestmark = [
    pytest.mark.integration,
    # MLflow's client warns about integer columns and uses deprecated features of pandas, which are not tested here.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning"),
]
NAME = "bad_requests"
GOOD = {"size": 1.5, "count": 2, "colour": "red"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def model_name(mlflow_server: str) -> str:
    """Name of a model of a number, an integer and a category; the model refuses an unknown category."""
    source = np.random.default_rng(3)
    data = pd.DataFrame(
        {
            "size": source.normal(0, 1, 40),
            "count": source.integers(0, 9, 40),
            "colour": ["red", "blue"] * 20,
        }
    )
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="error"), ["colour"]), ("passthrough", ["size", "count"])
    )
    model = make_pipeline(columns, LinearRegression()).fit(data, data["size"] * 1e300)
    signature = infer_signature(data, model.predict(data))
    register(mlflow_server, NAME, model, signature=signature, input_example=data[:2])
    return NAME


@pytest.fixture(scope="module")
def service(serve: Callable[..., Service], model_name: str) -> Service:
    """The service with the model."""
    service = serve(model_name, MAX_BODY_BYTES="20000", MAX_BATCH_ROWS="100")
    service.wait_ready()
    return service


BAD: dict[str, tuple[bytes, int, str, list[str]]] = {
    "empty": (b"", 400, "not_json", []),
    "not JSON": (b"{nope", 400, "not_json", []),
    "broken UTF-8": (b'{"colour": "\xff"}', 400, "not_json", []),
    "too deep": (b"[" * 15000, 400, "not_json", []),
    "array": (b"[]", 422, "invalid_input", ["body"]),
    "number": (b"5", 422, "invalid_input", ["body"]),
    "nothing": (b"{}", 422, "invalid_input", ["size", "count", "colour"]),
    "missing field": (b'{"count": 2, "colour": "red"}', 422, "invalid_input", ["size"]),
    "unknown field": (b'{"size": 1, "count": 2, "colour": "red", "sise": 3}', 422, "invalid_input", ["sise"]),
    "text for a number": (b'{"size": "1", "count": 2, "colour": "red"}', 422, "invalid_input", ["size"]),
    "boolean for a number": (b'{"size": true, "count": 2, "colour": "red"}', 422, "invalid_input", ["size"]),
    "null": (b'{"size": null, "count": 2, "colour": "red"}', 422, "invalid_input", ["size"]),
    "NaN": (b'{"size": NaN, "count": 2, "colour": "red"}', 422, "invalid_input", ["size"]),
    "infinite": (b'{"size": 1e999, "count": 2, "colour": "red"}', 422, "invalid_input", ["size"]),
    "fraction for an integer": (b'{"size": 1, "count": 2.5, "colour": "red"}', 422, "invalid_input", ["count"]),
    "integer out of range": (b'{"size": 1, "count": 1e30, "colour": "red"}', 422, "invalid_input", ["count"]),
    "number for text": (b'{"size": 1, "count": 2, "colour": 3}', 422, "invalid_input", ["colour"]),
    "unknown category": (b'{"size": 1, "count": 2, "colour": "mauve"}', 422, "prediction_refused", []),
    "answer overflows": (b'{"size": 1e200, "count": 2, "colour": "red"}', 422, "prediction_refused", []),
    "body too large": (b'{"size": 1, "colour": "' + b"x" * 30000 + b'"}', 413, "too_large", []),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_named(case: str, service: Service) -> None:
    """Invalid input gets its status and the JSON body of all errors, with kind and fields and without the input."""
    body, status, kind, fields = BAD[case]
    answer = service.client.post("/predict", content=body, headers=JSON)
    assert answer.status_code == status, answer.text
    found = answer.json()
    assert set(found) == {"error", "detail", "fields"}
    assert found["error"] == kind
    assert [problem["field"] for problem in found["fields"]] == fields
    assert len(answer.content) < 2000
    assert service.predict(GOOD).status_code == 200


def test_chunked_body_over_the_limit(service: Service) -> None:
    """A body without a declared length that exceeds the limit gets 413."""
    answer = service.client.post("/predict", content=(b" " * 1000 for _ in range(50)), headers=JSON)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_chunked_body(service: Service) -> None:
    """A chunked body within the limit is answered."""
    body = json.dumps(GOOD).encode()
    answer = service.client.post("/predict", content=iter([body[:7], body[7:]]), headers=JSON)
    assert answer.status_code == 200


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
def test_wrong_media_type(media_type: str, service: Service) -> None:
    """A body with another media type than JSON gets 415."""
    answer = service.client.post("/predict", content=json.dumps(GOOD), headers={"Content-Type": media_type})
    assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type")


def test_media_type_with_charset(service: Service) -> None:
    """`application/json; charset=utf-8` is JSON."""
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert service.client.post("/predict", content=json.dumps(GOOD), headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "kind"),
    [
        ("GET", "/nowhere", 404, "not_found"),
        ("GET", "/predict", 405, "method_not_allowed"),
        ("POST", "/health", 405, "method_not_allowed"),
    ],
)
def test_framework_refusals_have_the_same_shape(
    method: str, path: str, status: int, kind: str, service: Service
) -> None:
    """An unknown path or method gets the JSON body of all errors."""
    answer = service.client.request(method, path)
    assert (answer.status_code, answer.json()["error"], answer.json()["fields"]) == (status, kind, [])


def test_batch_names_its_invalid_rows(service: Service) -> None:
    """A batch with invalid rows gets no predictions; the error names the row and the field of each problem."""
    mixed = [GOOD, {**GOOD, "size": "x"}, {"size": 1}]
    answer = service.client.post("/predict/batch", json=mixed)
    assert answer.status_code == 422
    fields = [problem["field"] for problem in answer.json()["fields"]]
    assert fields == ["[1].size", "[2].count", "[2].colour"]


def test_batch_names_the_rows_that_the_model_refuses(service: Service) -> None:
    """The error names the index of each row that the model refuses."""
    answer = service.client.post("/predict/batch", json=[GOOD, {**GOOD, "colour": "mauve"}, GOOD])
    assert answer.json()["error"] == "prediction_refused"
    assert [problem["field"] for problem in answer.json()["fields"]] == ["[1]"]


def test_batch_limits(service: Service) -> None:
    """An empty batch gets an empty list of predictions; more rows than the limit get 413."""
    assert service.client.post("/predict/batch", json=[]).json() == {"predictions": []}
    answer = service.client.post("/predict/batch", json=[GOOD] * 101)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")


def test_refused_rows_do_not_affect_others(service: Service) -> None:
    """Of concurrent requests, those that the model refuses get 422 and the others their own predictions."""
    rows = [{**GOOD, "size": place / 7, "colour": "mauve" if place % 3 == 0 else "blue"} for place in range(60)]
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(service.predict, rows))
    for place, answer in enumerate(answers):
        assert answer.status_code == (422 if place % 3 == 0 else 200)
        if place % 3:
            assert answer.json()["prediction"] == pytest.approx(service.predict(rows[place]).json()["prediction"])


def test_request_id(service: Service) -> None:
    """The response has the client's id; without a valid one it has a new id."""
    named = service.client.get("/health", headers={"X-Request-ID": "abc-1"})
    assert named.headers["x-request-id"] == "abc-1"
    new = {service.client.get("/nowhere", headers={"X-Request-ID": 'a"b' * 99}).headers["x-request-id"] for _ in "12"}
    assert len(new) == 2


def test_metrics(service: Service) -> None:
    """Requests are counted by route and status, batches by their rows, and the version is a label."""
    service.predict(GOOD)
    service.predict({})
    text = service.client.get("/metrics").text
    assert 'inference_requests_total{route="/predict",status="200"}' in text
    assert 'inference_requests_total{route="/predict",status="422"}' in text
    assert f'inference_model_info{{alias="champion",name="{NAME}",role="champion",version="1"}} 1.0' in text
    assert "inference_batch_rows_bucket" in text


def test_documentation_needs_no_internet(service: Service) -> None:
    """`/docs` and `/redoc` load everything from the service."""
    for page in ("/docs", "/redoc"):
        text = service.client.get(page).text
        sources = [part.split('"')[0] for mark in ('src="', 'href="') for part in text.split(mark)[1:]]
        assert sources
        for source in sources:
            assert not urlsplit(source).netloc, source
            assert service.client.get(urljoin(page, source)).status_code == 200


def test_openapi_shows_the_models_fields(service: Service) -> None:
    """The OpenAPI document has the fields of the signature, the example and the statuses of errors."""
    document = service.client.get("/openapi.json").json()
    row = document["components"]["schemas"]["Row"]
    assert row["properties"]["count"]["type"] == "integer"
    assert set(row["required"]) == set(GOOD)
    operation = document["paths"]["/predict"]["post"]
    assert set(operation["requestBody"]["content"]["application/json"]["example"]) == set(GOOD)
    assert set(operation["responses"]) == {"200", "400", "413", "415", "422", "503"}


def test_client_that_disconnects(service: Service) -> None:
    """When a client disconnects in the middle of a body, or before its response, the service goes on."""
    host, port = service.url.removeprefix("http://").split(":")
    body = json.dumps(GOOD).encode()
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    for sent in (head, head + body[:5], head + body):
        with socket.create_connection((host, int(port))) as client:
            client.sendall(sent)
    assert service.predict(GOOD).status_code == 200


def test_request_in_progress_is_answered_at_shutdown(serve: Callable[..., Service], model_name: str) -> None:
    """After SIGTERM a request in progress is answered; then the process ends with exit code 0."""
    service = serve(model_name)
    service.wait_ready()
    host, port = service.url.removeprefix("http://").split(":")
    body = json.dumps(GOOD).encode()
    head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
        body
    )
    with socket.create_connection((host, int(port))) as client:
        client.sendall(head + body[:-1])
        assert service.client.get("/health").status_code == 200  # the server has read the first part before
        service.process.terminate()
        client.sendall(body[-1:])
        client.settimeout(20)
        received: Any = b""
        while part := client.recv(4096):
            received += part
            if b'"prediction"' in received:
                break
    assert received.startswith(b"HTTP/1.1 200")
    assert service.process.wait(20) == 0
