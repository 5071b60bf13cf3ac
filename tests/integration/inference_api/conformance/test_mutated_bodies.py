"""Bodies of every protocol with values and bytes replaced anywhere."""

import json
import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from every_column import DATATYPES, row_of
from http_request import BATCH, post
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from request_samples.mlflow_scoring import CSV, INVOCATIONS
from request_samples.open_inference import BINARY, HEADER_LENGTH
from service_process import Service
from wire import Client

from tests.integration.inference_api.conformance.conftest import COLUMNS, unharmed

INFER: Final = f"/v2/models/{COLUMNS}/infer".encode()
CASES: Final = 150
MAX_BODIES: Final = 8
ROW: Final = row_of(2)
_NUMBERS: Final = struct.pack("<2d2q", 1.5, 2.5, 3, 4)

TENSORS: Final = {
    "id": "1",
    "parameters": {"binary_data_output": False},
    "inputs": [{"name": n, "shape": [2, 1], "datatype": DATATYPES[n], "data": [v, v]} for n, v in ROW.items()],
    "outputs": [{"name": "predict"}, {"name": "predict_proba", "parameters": {"binary_data": False}}],
}
BINARY_TENSORS: Final = {
    "inputs": [
        {"name": n, "shape": [2], "datatype": DATATYPES[n], "parameters": {"binary_data_size": 16}}
        if n in {"size", "n"}
        else {"name": n, "shape": [2], "datatype": DATATYPES[n], "data": [v, v]}
        for n, v in ROW.items()
    ]
}
SPLIT: Final = {"columns": list(ROW), "data": [list(ROW.values())] * 2, "index": [0, 1]}
JSON_BODIES: Final[dict[bytes, list[Any]]] = {
    b"/predict": [ROW],
    b"/predict?probabilities=true": [ROW],
    BATCH: [[ROW, {**ROW, "size": None}]],
    INFER: [TENSORS],
    INVOCATIONS: [
        {"dataframe_split": SPLIT},
        {"dataframe_records": [ROW, ROW]},
        {"inputs": {name: [value, value] for name, value in ROW.items()}},
        {"instances": [ROW], "params": {}},
    ],
}
TABLE: Final = "".join(",".join(map(str, line)) + "\n" for line in (ROW, ROW.values(), ROW.values())).encode()

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


def _places(value: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every part of a JSON value."""
    yield place
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from _places(value[key], (*place, key))


def _replaced(value: Any, place: tuple[Any, ...], part: Any) -> Any:
    """A copy with one part replaced; without it when the part is the ellipsis."""
    if not place:
        return part
    copy = value.copy()
    if part is ... and len(place) == 1:
        del copy[place[0]]
    else:
        copy[place[0]] = _replaced(value[place[0]], place[1:], part)
    return copy


@st.composite
def json_requests(draw: st.DrawFn) -> bytes:
    """A JSON body with some parts replaced or left out."""
    path = draw(st.sampled_from(sorted(JSON_BODIES)))
    value = draw(st.sampled_from(JSON_BODIES[path]))
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.sampled_from(list(_places(value))))
        value = _replaced(value, place, draw(st.just(...) | VALUES if place else VALUES))
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
    value = draw(st.sampled_from([*JSON_BODIES[path], TABLE] if path == INVOCATIONS else JSON_BODIES[path]))
    if value is TABLE:
        return post(_mutated(draw, TABLE), path=path, media_type=CSV)
    return post(_mutated(draw, json.dumps(value).encode()), path=path)


@st.composite
def binary_requests(draw: st.DrawFn) -> bytes:
    """Binary tensors with parts of the JSON object, bytes of the data, or the length of the object changed."""
    value: Any = BINARY_TENSORS
    if draw(st.booleans()):
        place = draw(st.sampled_from(list(_places(value))))
        value = _replaced(value, place, draw(VALUES))
    text = json.dumps(value).encode()
    length = len(text) + draw(st.sampled_from([0, 0, 0, 1, -1, 10**6, -len(text)]))
    line = b"%b: %d" % (HEADER_LENGTH, length)
    return post(text + _mutated(draw, _NUMBERS), line, path=INFER, media_type=BINARY)


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
