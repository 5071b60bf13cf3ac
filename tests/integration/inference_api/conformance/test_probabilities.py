"""Probabilities of a classifier, asked for through the route and through the lane."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import numpy as np
import pytest
from every_column import DATATYPES, LABELS, frame_of, row_of
from http_request import PREDICT, batch, post
from request_samples.open_inference import body_of, infer, tensor
from service_facts import LANE_REQUESTS, metric
from service_process import Service
from wire import Client

from tests.integration.inference_api.conformance.conftest import COLUMNS, unharmed

ONE: Final = b"%b?probabilities=true" % PREDICT
MANY: Final = b"/predict/batch?probabilities=true"
INFER: Final = f"/v2/models/{COLUMNS}/infer".encode()
COUNT: Final = 40
TOLERANCE: Final = 1e-9


@pytest.fixture(params=["route", "lane"])
def classifier_service(
    request: pytest.FixtureRequest, classifier_services: Callable[[str], Service]
) -> Iterator[Service]:
    """The classifier's service of the route and of the lane in turn."""
    yield from unharmed(classifier_services(request.param))


@pytest.fixture(scope="module")
def expected(classifier: Any) -> list[dict[str, Any]]:
    """What scikit-learn says of the row of each number: the label, and the probability of each."""
    data = frame_of(range(COUNT))
    assert list(classifier.classes_) == LABELS
    return [
        {"prediction": str(label), "probabilities": dict(zip(LABELS, values, strict=True))}
        for label, values in zip(classifier.predict(data), classifier.predict_proba(data).tolist(), strict=True)
    ]


def row(number: int) -> bytes:
    """The row of a number as JSON."""
    return json.dumps(row_of(number)).encode()


def tensors(numbers: range, **fields: Any) -> bytes:
    """A request of Open Inference V2 for the rows of numbers."""
    rows = [row_of(number) for number in numbers]
    inputs = [tensor(name, [row[name] for row in rows], datatype) for name, datatype in DATATYPES.items()]
    return infer(body_of(inputs, **fields), path=INFER)


def assert_near(found: Any, wanted: dict[str, Any]) -> None:
    """Assert the label, the order of the names, and the probabilities within rounding."""
    assert found["prediction"] == wanted["prediction"]
    assert list(found["probabilities"]) == list(wanted["probabilities"])
    assert list(found["probabilities"].values()) == pytest.approx(
        list(wanted["probabilities"].values()), rel=0, abs=TOLERANCE
    )


def test_rows_have_the_probabilities(classifier_service: Service, expected: list[dict[str, Any]]) -> None:
    """Rows with and without probabilities in one pipeline are answered as scikit-learn does, in their order."""
    with Client(classifier_service.url) as client:
        client.send(b"".join(post(row(n), path=ONE if n % 3 else PREDICT) for n in range(COUNT)))
        for number, answer in enumerate(client.answers(COUNT)):
            if number % 3:
                assert_near(answer.json, expected[number])
            else:
                assert answer.json == {"prediction": expected[number]["prediction"]}


def test_batches_have_the_probabilities(classifier_service: Service, expected: list[dict[str, Any]]) -> None:
    """A batch has an object for each row, beside the predictions; an empty one has none."""
    with Client(classifier_service.url) as client:
        client.send(batch(*map(row, range(COUNT)), path=MANY) + batch(path=MANY) + batch(row(0)))
        many, none, without = (answer.json for answer in client.answers(3))
    for found in zip(many.pop("predictions"), many.pop("probabilities"), expected, strict=True):
        assert_near(dict(zip(("prediction", "probabilities"), found, strict=False)), found[2])
    assert many == {}
    assert none == {"predictions": [], "probabilities": []}
    assert without == {"predictions": [expected[0]["prediction"]]}


def test_tensors_have_the_probabilities(classifier_service: Service, expected: list[dict[str, Any]]) -> None:
    """Open Inference V2 has them as a tensor of shape [rows, classes], in JSON and as binary data."""
    wanted = [list(row["probabilities"].values()) for row in expected[:3]]
    outputs = [{"name": "predict"}, {"name": "predict_proba"}]
    with Client(classifier_service.url) as client:
        client.send(tensors(range(3), outputs=outputs))
        labels, probabilities = client.answers(1)[0].json["outputs"]
        assert (labels["datatype"], labels["data"]) == ("BYTES", [row["prediction"] for row in expected[:3]])
        assert (probabilities["datatype"], probabilities["shape"]) == ("FP64", [3, 3])
        assert np.reshape(probabilities["data"], (3, 3)) == pytest.approx(np.array(wanted), rel=0, abs=TOLERANCE)
        binary = [{"name": "predict_proba", "parameters": {"binary_data": True}}]
        client.send(tensors(range(3), outputs=binary))
        answer = client.answers(1)[0]
    length = int(answer.header("inference-header-content-length"))
    assert [output["name"] for output in json.loads(answer.body[:length])["outputs"]] == ["predict_proba"]
    found = np.frombuffer(answer.body[length:], "<f8").reshape(3, 3)
    assert found == pytest.approx(np.array(wanted), rel=0, abs=TOLERANCE)


def test_bad_rows_fail_alone(classifier_service: Service, expected: list[dict[str, Any]]) -> None:
    """A wrong row, a wrong batch and a wrong value of the parameter between good requests get their own errors."""
    bad = [
        (post(b'{"x":1}', path=ONE), 422, "invalid_input"),
        (post(b"{nope", path=ONE), 400, "not_json"),
        (batch(row(1), b"{}", path=MANY), 422, "invalid_input"),
        (post(row(1), path=b"/predict?probabilities=2"), 422, "invalid_parameter"),
    ]
    with Client(classifier_service.url) as client:
        client.send(b"".join(request + post(row(n), path=ONE) for n, (request, _, _) in enumerate(bad)))
        for number, (_, status, kind) in enumerate(bad):
            refused, good = client.answers(2)
            assert (refused.status, refused.json["error"]) == (status, kind)
            assert_near(good.json, expected[number])


def test_lane_answers_as_the_route(classifier_services: Callable[[str], Service]) -> None:
    """The lane answers requests for probabilities itself, with the route's bytes."""
    route, lane = classifier_services("route"), classifier_services("lane")
    requests = [
        *(post(row(3), path=ONE), batch(row(1), row(2), path=MANY), post(b'{"x":1}', path=ONE)),
        tensors(range(1, 3), outputs=[{"name": "predict_proba"}]),
    ]
    found = []
    before = metric(lane, LANE_REQUESTS)
    for service in (route, lane):
        with Client(service.url) as client:
            for request in requests:
                client.send(request)
                found.append(client.answers(1)[0].comparable(None))
    assert found[: len(requests)] == found[len(requests) :]
    assert metric(lane, LANE_REQUESTS) == before + len(requests)
