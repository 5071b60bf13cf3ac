"""Bodies of every protocol with values and bytes replaced anywhere."""

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from every_column import DATATYPES, row_of
from http_request import BATCH, post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from json_parts import places, replaced
from protocol_bodies import ProtocolBodies
from request_samples.mlflow_scoring import CSV, INVOCATIONS
from request_samples.open_inference import BINARY, HEADER_LENGTH
from service_process import Service
from wire import Client

from tests.integration.inference_api.conformance.conftest import COLUMNS, unharmed

CASES: Final = 150
MAX_BODIES: Final = 8
ROW: Final = row_of(2)
BODIES: Final = ProtocolBodies(COLUMNS, ROW, DATATYPES)
JSON_BODIES: Final[dict[bytes, list[Any]]] = {
    b"/predict": [ROW],
    b"/predict?probabilities=true": [ROW],
    BATCH: [[ROW, {**ROW, "size": None}]],
    BODIES.infer: [
        {
            **BODIES.tensors,
            "outputs": [{"name": "predict"}, {"name": "predict_proba", "parameters": {"binary_data": False}}],
        }
    ],
    INVOCATIONS: BODIES.json[INVOCATIONS],
}

SCALARS: Final = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, -1, 2**31, 2**63, 2**64, -(2**63) - 1, 10**400, 1e308, -1e-320, 0.5, 1e30]),
    st.sampled_from(
        ["", "x", "1", "NaT", "NaN", "\ud800", "\0", "é", "2024-01-01", "0001-01-01T00:00:00+09:00", "P1D"]
    ),
    st.sampled_from(["9999-12-31T23:59:59-05:00", "2024-02-29T24:00:00", "size", "BYTES", "FP16", "predict", "UINT64"]),
)
VALUES: Final = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*ROW, "data", ""]), inner)
)


@st.composite
def json_requests(draw: st.DrawFn) -> bytes:
    """A JSON body with some parts replaced or left out."""
    path = draw(st.sampled_from(sorted(JSON_BODIES)))
    value = draw(st.sampled_from(JSON_BODIES[path]))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(places(value))))
        value = replaced(value, place, draw(st.just(...) | VALUES if place else VALUES))
    return post(json.dumps(value).encode(), path=path)


def _mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """Some bytes replaced, left out or put in."""
    for _ in range(draw(st.integers(0, 3))):
        start = draw(st.integers(0, len(content)))
        end = draw(st.integers(start, min(len(content), start + 3)))
        content = content[:start] + draw(st.binary(max_size=3)) + content[end:]
    return content


@st.composite
def byte_requests(draw: st.DrawFn) -> bytes:
    """A JSON body or CSV with some bytes changed."""
    path = draw(st.sampled_from(sorted(JSON_BODIES)))
    value = draw(st.sampled_from([*JSON_BODIES[path], BODIES.csv] if path == INVOCATIONS else JSON_BODIES[path]))
    if value is BODIES.csv:
        return post(_mutated(draw, BODIES.csv), path=path, media_type=CSV)
    return post(_mutated(draw, json.dumps(value).encode()), path=path)


@st.composite
def binary_requests(draw: st.DrawFn) -> bytes:
    """Binary tensors with parts of the JSON object, bytes of the data, or the length of the object changed."""
    value: Any = BODIES.binary_tensors
    if draw(st.booleans()):
        place = draw(st.sampled_from(list(places(value))))
        value = replaced(value, place, draw(VALUES))
    text = json.dumps(value).encode()
    length = len(text) + draw(st.sampled_from([0, 0, 0, 1, -1, 10**6, -len(text)]))
    line = b"%b: %d" % (HEADER_LENGTH, length)
    return post(text + _mutated(draw, BODIES.binary), line, path=BODIES.infer, media_type=BINARY)


@pytest.fixture
def pair(classifier_services: Callable[[str], Service]) -> Iterator[tuple[Service, Service]]:
    """The services of the route and of the lane, without a fault in their logs afterwards."""
    route, lane = classifier_services("route"), classifier_services("lane")
    for _ in unharmed(route):
        for _ in unharmed(lane):
            yield route, lane


@pytest.mark.timeout(900)  # a failure is made smaller before it is shown
@settings(max_examples=CASES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(requests=st.lists(json_requests() | byte_requests() | binary_requests(), min_size=1, max_size=MAX_BODIES))
def test_mutated_bodies(requests: list[bytes], pair: tuple[Service, Service]) -> None:
    """Whatever is in a body, the service has no fault, and the lane's response is the route's."""
    found = []
    for service in pair:
        with Client(service.url) as client:
            client.send(b"".join(requests))
            found.append([answer.comparable(None) for answer in client.answers(len(requests))])
    for request, by_route, by_lane in zip(requests, *found, strict=True):
        assert by_route == by_lane, request
        assert by_route.status_line.split()[1] in {"200", "400", "404", "413", "422"}, (request, by_route)
