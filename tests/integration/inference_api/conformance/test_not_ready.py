"""Without a model the route and the lane send the same responses."""

from collections.abc import Iterator

import pytest
import schemathesis
from http_request import batch, get, plain, post
from request_samples.mlflow_scoring import CSV, csv, invoke, text
from request_samples.open_inference import binary_columns, body_of, columns, infer
from service_process import Service, start_service
from sum_rows import row
from wire import Client

from tests.integration.inference_api.conformance.conftest import LANES

# Nothing listens there, and connecting is refused at once.
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Service]]:
    """The route's and the lane's service, without a registry and without a cached model."""
    started = [
        start_service(tmp_path_factory.mktemp("empty"), {"MLFLOW_TRACKING_URI": NOWHERE, **LANES[lane]})
        for lane in ("route", "lane")
    ]
    yield started
    for service in started:
        service.stop()


def test_same_refusal(empty: list[Service]) -> None:
    """Every request to a prediction path gets 503 with `Retry-After`; the connection stays open."""
    requests = (
        *(plain(1), post(b"{nope"), plain(1, b"X-Request-ID: own"), get(b"/ready"), batch(row(1)), batch()),
        *(post(row(1), path=b"/predict?probabilities=true"), invoke(text(1)), invoke(csv(1), media_type=CSV)),
        *(infer(body_of(columns(1))), binary_columns(1), get(b"/v2/health/ready"), get(b"/ping")),
    )
    # Until the first poll has failed, the reason is another one.
    for service in empty:
        service.wait(lambda found: found.model()["last_reload_error"] is not None, "a reason")
    found = []
    for service in empty:
        with Client(service.url) as client:
            client.send(b"".join(requests))
            answers = client.answers(len(requests))
            assert [answer.status for answer in answers] == [503] * len(requests)
            assert {answer.header("retry-after") for answer in answers} == {"5"}
            found.append([answer.comparable("own") for answer in answers])
            client.send(plain(999))
            assert client.answers(1)[0].status == 503
    assert found[0] == found[1]


def test_description_is_valid(empty: list[Service]) -> None:
    """Without a model the OpenAPI description is valid, and has every path."""
    document = empty[0].client.get("/openapi.json").json()
    schemathesis.openapi.from_dict(document).validate()
    assert {"/predict", "/predict/batch", "/invocations", "/v2/models/{model}/infer"} <= document["paths"].keys()
