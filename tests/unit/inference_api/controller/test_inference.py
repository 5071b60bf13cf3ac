"""The routes, called on the application without a network."""

import asyncio
import json
import random
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from fastapi import FastAPI
from sklearn.linear_model import LinearRegression

from src.controller import inference
from src.controller.inference import create_app
from src.failure_log import LOGGED
from src.service.lifecycle.serving_state import ServingState
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.schema.column import Column
from src.settings import Settings
from tests.unit.inference_api.challenger_double import StubProcess, challenger_of, key_of
from tests.unit.inference_api.doubles import (
    BAD,
    EXAMPLE,
    BlockedEstimator,
    DoublingEstimator,
    FailingEstimator,
    PickyEstimator,
    eventually,
    model_of,
    regression,
)

SETTINGS = Settings(mlflow_tracking_uri="http://127.0.0.1:9", max_body_bytes=1000, max_batch_rows=5)
ONE_COLUMN = (Column("x", "number", "float64"),)
Serve = Callable[..., ServingState]


@pytest.fixture
def app() -> FastAPI:
    """The application; its watcher is not started, so it has no model."""
    return create_app(SETTINGS)


@pytest.fixture
def serve(app: FastAPI) -> Serve:
    """Sets the model, as the watcher does."""

    def start(estimator: Any, columns: Any = ONE_COLUMN, limit: int = 100, **options: Any) -> ServingState:
        serving: ServingState = app.state.serving
        serving.batcher = MicroBatcher(model_of(estimator, columns, **options), app.state.metrics, limit)
        return serving

    return start


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as found:
        yield found


async def test_health_without_a_model(client: httpx.AsyncClient) -> None:
    """Without a model `/health` is 200."""
    answer = await client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.parametrize(("method", "path"), [("GET", "/ready"), ("POST", "/predict"), ("POST", "/predict/batch")])
async def test_no_model_yet(method: str, path: str, client: httpx.AsyncClient) -> None:
    """Without a model `/ready` and predictions are 503 with the reason and Retry-After."""
    answer = await client.request(method, path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json() == {
        "error": "not_ready",
        "detail": "no model is serving yet: the model is being loaded",
        "fields": [],
    }


async def test_ready(client: httpx.AsyncClient, serve: Serve) -> None:
    """With a model `/ready` is 200 with its name and version."""
    serve(regression())
    answer = await client.get("/ready")
    assert answer.json() == {"status": "ready", "model": "linear_regression_model", "version": "1"}


async def test_predict(client: httpx.AsyncClient, serve: Serve) -> None:
    """One row gets one prediction and the version of the model."""
    estimator = regression()
    serving = serve(estimator, serving_columns())
    answer = await client.post("/predict", json=EXAMPLE)
    assert answer.status_code == 200
    assert answer.json() == {"prediction": estimator.predict([list(EXAMPLE.values())])[0]}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-model-version"] == serving.current().model.bundle.version


def serving_columns() -> tuple[Column, ...]:
    """The columns of the reference regression."""
    return tuple(Column(name, "number", "float64") for name in EXAMPLE)


async def test_predict_batch(client: httpx.AsyncClient, serve: Serve) -> None:
    """Several rows get as many predictions, in their order."""
    serve(PickyEstimator())
    answer = await client.post("/predict/batch", json=[{"x": 1}, {"x": 2}, {"x": 3}])
    assert answer.json() == {"predictions": [2.0, 4.0, 6.0]}
    assert answer.headers["x-model-version"] == "1"


@pytest.mark.parametrize("label", ["sí", True, 7, [1.5, "a"]])
async def test_any_kind_of_prediction(label: Any, client: httpx.AsyncClient, serve: Serve) -> None:
    """Texts, booleans, integers and lists are returned unchanged."""

    class Labeller:
        def predict(self, data: Any) -> Any:
            return np.array([label] * len(data), dtype="object" if isinstance(label, list) else None)

    serve(Labeller())
    assert (await client.post("/predict", json={"x": 1})).json() == {"prediction": label}


REFUSED: list[tuple[str, bytes, int, str]] = [
    ("/predict", b"", 400, "not_json"),
    ("/predict", b"{", 400, "not_json"),
    ("/predict", b"[]", 422, "invalid_input"),
    ("/predict", b'{"x": "1"}', 422, "invalid_input"),
    ("/predict", b'{"x": -1}', 422, "prediction_refused"),
    ("/predict", b" " * 1001, 413, "too_large"),
    ("/predict/batch", b"{}", 422, "invalid_input"),
    ("/predict/batch", b'[{"x": "1"}]', 422, "invalid_input"),
    ("/predict/batch", b'[{"x": 1}, {"x": -1}]', 422, "prediction_refused"),
    ("/predict/batch", json.dumps([{"x": 1}] * 6).encode(), 413, "too_large"),
]


@pytest.mark.parametrize("case", REFUSED)
async def test_refused(case: tuple[str, bytes, int, str], client: httpx.AsyncClient, serve: Serve) -> None:
    """A request that is refused gets its status and the JSON body of all errors, and is counted by status."""
    path, body, status, kind = case
    serve(PickyEstimator())
    answer = await client.post(path, content=body)
    assert (answer.status_code, answer.json()["error"]) == (status, kind)
    assert set(answer.json()) == {"error", "detail", "fields"}
    metrics = (await client.get("/metrics")).text
    assert f'inference_requests_total{{route="{path}",status="{status}"}} 1.0' in metrics


async def test_batch_names_refused_rows(client: httpx.AsyncClient, serve: Serve) -> None:
    """A batch with rows that the model refuses gets no predictions; the error names those rows."""
    serve(PickyEstimator())
    answer = await client.post("/predict/batch", json=[{"x": 1}, {"x": BAD}, {"x": 2}, {"x": BAD}])
    assert answer.json()["detail"] == "the model has no answer for 2 of 4 rows"
    assert [problem["field"] for problem in answer.json()["fields"]] == ["[1]", "[3]"]


@pytest.mark.parametrize("body", [{"x": 1}, [{"x": 1}, {"x": 2}]])
async def test_failing_model(
    body: Any, client: httpx.AsyncClient, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """A model that raises gives 500 without its message; the log has it once, with the id of the first response."""
    serve(FailingEstimator(RuntimeError("secret")))
    answers = [await client.post("/predict/batch" if isinstance(body, list) else "/predict", json=body) for _ in "123"]
    for answer in answers:
        assert answer.status_code == 500
        assert answer.json()["detail"] == f"the model failed: RuntimeError; {LOGGED}"
    [record] = [record for record in caplog.records if record.levelname == "ERROR"]
    assert vars(record)["request_id"] == answers[0].headers["x-request-id"]
    assert "secret" in caplog.text


def routes_of(app: FastAPI, method: str) -> list[str]:
    """The paths that support a method, with one asset of the pages."""
    paths = [getattr(route, "path", "") for route in app.routes if method in (getattr(route, "methods", None) or ())]
    return [*paths, "/static-offline-docs/swagger-ui.css"] if method == "GET" else paths


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("has_model", [True, False])
async def test_head_is_get_without_the_body(
    slash: str, app: FastAPI, client: httpx.AsyncClient, serve: Serve, *, has_model: bool
) -> None:
    """HEAD on every path with GET has the same status and headers, and no body."""
    if has_model:
        serve(regression())
    paths = routes_of(app, "GET")
    assert {"/health", "/ready", "/model", "/metrics", "/docs", "/redoc", "/openapi.json"} <= {*paths}
    for path in paths:
        get, head = [await client.request(method, path + slash) for method in ("GET", "HEAD")]
        assert (head.status_code, head.content) == (get.status_code, b"")
        differing = {"x-request-id", "content-length"} if path == "/metrics" else {"x-request-id"}
        assert {*head.headers} == {*get.headers}
        assert [get.headers[name] == head.headers[name] for name in {*get.headers} - differing].count(False) == 0


async def test_options_list_the_methods(app: FastAPI, client: httpx.AsyncClient) -> None:
    """OPTIONS on every path lists all of its methods; on an unknown path it is 404."""
    for method, allowed in (("GET", "GET, HEAD, OPTIONS"), ("POST", "OPTIONS, POST")):
        for path in routes_of(app, method):
            answer = await client.options(path)
            assert (answer.status_code, answer.headers["allow"], answer.content) == (204, allowed, b"")
    assert (await client.options("/nowhere")).status_code == 404


async def test_refused_method_gets_the_allowed_ones(app: FastAPI, client: httpx.AsyncClient) -> None:
    """405 has the complete `Allow` header and the JSON body of all errors."""
    wrong = [("POST", path) for path in routes_of(app, "GET")]
    wrong += [(method, path) for path in routes_of(app, "POST") for method in ("GET", "PUT", "DELETE", "PATCH")]
    for method, path in wrong:
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["error"]) == (405, "method_not_allowed")
        assert answer.headers["allow"] == (await client.options(path)).headers["allow"]
    assert (await client.head("/predict")).headers["allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("path", ["/predict/", "/predict/batch/", "/%70redict/"])
async def test_trailing_slash_is_ignored(path: str, client: httpx.AsyncClient, serve: Serve) -> None:
    """A path with a trailing slash is answered directly: a redirect would lose a proxy's prefix and its TLS."""
    serve(PickyEstimator())
    answer = await client.post(path, json=[{"x": 1}] if "batch" in path else {"x": 1})
    assert (answer.status_code, answer.json()) == (
        200,
        {"predictions": [2.0]} if "batch" in path else {"prediction": 2.0},
    )


@pytest.mark.parametrize("path", ["//predict", "/predict//", "/predict/batch//", "//", "/nowhere/", "/%2fpredict"])
async def test_other_slashes_are_other_paths(path: str, client: httpx.AsyncClient) -> None:
    """A path that the service does not have is 404 with the JSON body of all errors, and never a redirect."""
    answer = await client.post(f"http://api{path}", json={"x": 1})
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


async def test_overloaded(client: httpx.AsyncClient, serve: Serve) -> None:
    """Rows beyond the limit of waiting rows are refused at once with 503 and Retry-After."""
    estimator = BlockedEstimator()
    serving = serve(estimator, slow=True, limit=1)
    first = asyncio.create_task(client.post("/predict", json={"x": 1}))
    await asyncio.to_thread(estimator.entered.wait, 30)
    second = asyncio.create_task(client.post("/predict", json={"x": 2}))
    await eventually(lambda: bool(serving.current()._waiting))
    third = await client.post("/predict", json={"x": 3})
    assert (third.status_code, third.json()["error"], third.headers["retry-after"]) == (503, "overloaded", "1")
    metrics = (await client.get("/metrics")).text
    assert "inference_requests_in_flight 2.0" in metrics  # one in the model, one in the queue
    assert "inference_queue_rows 1.0" in metrics
    estimator.release.set()
    assert [(await task).json() for task in (first, second)] == [{"prediction": 2.0}, {"prediction": 4.0}]


async def test_ready_is_a_metric(client: httpx.AsyncClient, serve: Serve) -> None:
    """`inference_ready` is 0 without a model and 1 with one."""
    assert "inference_ready 0.0" in (await client.get("/metrics")).text
    serve(PickyEstimator())
    assert "inference_ready 1.0" in (await client.get("/metrics")).text


async def test_unexpected_exceptions_are_counted(
    client: httpx.AsyncClient, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of the service itself counts as 500, and the request is not in flight any more."""
    serve(PickyEstimator())
    monkeypatch.setattr(inference, "read_body", None)
    assert (await client.post("/predict", json={"x": 1})).status_code == 500
    metrics = (await client.get("/metrics")).text
    assert 'inference_requests_total{route="/predict",status="500"} 1.0' in metrics
    assert "inference_requests_in_flight 0.0" in metrics


async def test_concurrent_requests_share_a_call(client: httpx.AsyncClient, serve: Serve) -> None:
    """Concurrent requests share calls of the model, and each gets its own prediction."""
    estimator = PickyEstimator()
    serve(estimator)
    answers = await asyncio.gather(*[client.post("/predict", json={"x": value}) for value in range(20)])
    assert [answer.json()["prediction"] for answer in answers] == [value * 2.0 for value in range(20)]
    assert len(estimator.calls) < 20


async def test_large_bodies_do_not_hold_up_others(
    app: FastAPI, client: httpx.AsyncClient, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large body is read in a thread, while the event loop answers others; its rows and its errors are the same."""
    serve(PickyEstimator())
    release = threading.Event()
    app.state.reader.submit(release.wait, 30)
    monkeypatch.setattr(inference, "LARGE_BODY", 100)
    space = b" " * 100
    large = [
        asyncio.create_task(client.post("/predict/batch", content=text + space)) for text in (b'[{"x": 1}]', b"[{}]")
    ]
    await asyncio.sleep(0)
    assert (await client.post("/predict/batch", json=[{"x": 2}])).json() == {"predictions": [4.0]}
    assert not any(task.done() for task in large)
    release.set()
    answer, refused = await asyncio.gather(*large)
    assert answer.json() == {"predictions": [2.0]}
    assert (refused.status_code, refused.json()["fields"][0]["field"]) == (422, "[0].x")


async def test_client_that_disconnects(app: FastAPI, serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    """A client that disconnects in the middle of its body is counted as 499 and not logged as an error."""
    serve(PickyEstimator())
    messages = iter([{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/predict", "headers": [], "query_string": b""}
    await app(scope, receive, send)
    assert sent[0]["status"] == 499
    assert 'status="499"' in app.state.metrics.text().decode()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_unexpected_error(app: FastAPI, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    """An unexpected exception is 500 with the JSON body of all errors and an id; the log has the traceback."""
    app.state.serving = None
    answer = await client.post("/predict", json={"x": 1})
    assert (answer.status_code, answer.json()["error"]) == (500, "internal_error")
    assert answer.headers["x-request-id"]
    assert "AttributeError" not in answer.text
    assert "AttributeError" in caplog.text


async def test_lifespan_follows_the_alias(app: FastAPI) -> None:
    """The watcher runs from startup to shutdown, which does not wait for it."""
    async with app.router.lifespan_context(app):
        await eventually(lambda: app.state.serving.last_error is not None)
    assert "127.0.0.1:9" in app.state.serving.last_error.detail


async def test_swap_between_requests(client: httpx.AsyncClient, serve: Serve) -> None:
    """After a swap the header has the version of the model that predicted."""
    serve(PickyEstimator())
    await client.post("/predict", json={"x": 1})
    data = np.array([[0.0], [1.0]])
    serve(LinearRegression().fit(data, data[:, 0] * 3), version="2")
    answer = await client.post("/predict", json={"x": 1})
    assert answer.headers["x-model-version"] == "2"
    assert answer.json()["prediction"] == pytest.approx(3)


V2_BODY = {"inputs": [{"name": "x", "shape": [2, 1], "datatype": "FP64", "data": [1, 2]}]}
CANARIES: list[tuple[str, Any, list[Any]]] = [
    ("/predict", {"x": 1}, [{"prediction": 2.0}, {"prediction": 3.0}]),
    ("/predict/batch", [{"x": 1}, {"x": 2}], [{"predictions": [2.0, 4.0]}, {"predictions": [3.0, 6.0]}]),
    ("/invocations", {"inputs": [[1], [2]]}, [{"predictions": [2.0, 4.0]}, {"predictions": [3.0, 6.0]}]),
]


@pytest.mark.parametrize(("path", "body", "expected"), CANARIES)
async def test_the_challenger_answers_its_part(
    path: str, body: Any, expected: list[Any], client: httpx.AsyncClient, serve: Serve
) -> None:
    """A request is answered as a whole by the version that its header chooses, and the response says by which."""
    serve(DoublingEstimator()).challenger = challenger_of(StubProcess())
    for place, version in enumerate(("1", "2")):
        answer = await client.post(path, json=body, headers={"X-Request-ID": key_of(chosen=version == "2")})
        assert (answer.status_code, answer.headers["x-model-version"]) == (200, version)
        assert answer.json() == expected[place]


async def test_open_inference_names_who_answered(client: httpx.AsyncClient, serve: Serve) -> None:
    """The version in the body is the one in the header; at the address of one version that version answers."""
    serve(DoublingEstimator()).challenger = challenger_of(StubProcess(), 100)
    of_model = await client.post("/v2/models/linear_regression_model/infer", json={"id": "7", **V2_BODY})
    assert (of_model.headers["x-model-version"], of_model.json()["model_version"]) == ("2", "2")
    assert (of_model.json()["id"], of_model.json()["outputs"][0]["data"]) == ("7", [3.0, 6.0])
    of_version = await client.post("/v2/models/linear_regression_model/versions/1/infer", json=V2_BODY)
    assert (of_version.headers["x-model-version"], of_version.json()["model_version"]) == ("1", "1")
    assert of_version.json()["outputs"][0]["data"] == [2.0, 4.0]


async def test_the_split_is_by_the_header_of_the_settings(
    app: FastAPI, client: httpx.AsyncClient, serve: Serve
) -> None:
    """With CANARY_HEADER another header chooses, and without it the requests of one id are drawn."""
    app.state.settings = replace(SETTINGS, canary_header="X-User-ID")
    serve(DoublingEstimator()).challenger = challenger_of(StubProcess())
    for chosen in (False, True):
        headers = {"x-user-id": key_of(chosen=chosen), "X-Request-ID": key_of(chosen=not chosen)}
        answer = await client.post("/predict", json={"x": 1}, headers=headers)
        assert answer.headers["x-model-version"] == ("2" if chosen else "1")
    random.seed(18)
    headers = {"X-Request-ID": "me"}
    versions = {
        (await client.post("/predict", json={"x": 1}, headers=headers)).headers["x-model-version"] for _ in range(30)
    }
    assert versions == {"1", "2"}


async def test_a_row_of_another_champion_is_not_a_canary(
    client: httpx.AsyncClient, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that a former champion has validated is answered by it: the challenger may have other columns."""
    process = StubProcess()
    serving = serve(DoublingEstimator())

    async def slow_body(*_: Any) -> bytes:
        serve(DoublingEstimator(), version="3").challenger = challenger_of(process, 100)
        return b'{"x": 1}'

    monkeypatch.setattr(inference, "read_body", slow_body)
    answer = await client.post("/predict", json={"x": 1})
    assert (answer.headers["x-model-version"], process.calls) == ("1", [])
    assert serving.challenger is not None
