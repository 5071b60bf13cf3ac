"""The lane's responses have the same bytes as the route's."""

import json
from collections.abc import Sequence
from typing import Self

import httpx
import pytest

from src.controller.fast_lane.request_head_cache import RequestHead
from src.controller.fast_lane.response_writer import ResponseWriter
from src.controller.inference import create_app
from src.controller.protocols.endpoint import RequestParameters, TypedContent
from src.controller.protocols.json_rows import SingleRow
from src.errors import ApiError, FieldProblem, InvalidRowError, NotReadyError
from src.failure_log import FailureLog
from src.service.prediction.micro_batcher import MicroBatcher
from src.service.prediction.model import Outcome
from src.settings import Settings
from tests.unit.inference_api.doubles import EXAMPLE, model_of, regression

MODEL = model_of(regression())
DATE = (b"date", b"Tue, 24 Nov 2026 13:00:00 GMT")


def written(
    writer: ResponseWriter, outcome: Outcome, *, request_id: bytes = b"", version: str = "1", close: bool = False
) -> tuple[int, bytes]:
    """The response to a request for one row: its outcome, or the error that was known before."""
    endpoint = SingleRow()
    read = endpoint.bind(RequestParameters())
    head = RequestHead(endpoint, read, 5, request_id)
    if isinstance(outcome, ApiError):
        return writer.error(head, outcome, close=close)
    return writer.response(head, read(json.dumps(EXAMPLE).encode(), MODEL), [outcome], MODEL, version, close=close)


def parsed(content: bytes) -> tuple[bytes, dict[bytes, bytes], bytes]:
    """Status line, headers and body."""
    head, _blank, body = content.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, dict(line.split(b": ", 1) for line in lines), body


async def test_the_same_headers_and_body_as_the_route() -> None:
    """A prediction and an error have the names, order and values of the route's headers, and the same body."""
    app = create_app(Settings())
    app.state.serving.batcher = MicroBatcher(model_of(regression(), version="7"), app.state.metrics, 10)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api") as client:
        good = await client.post("/predict", json=EXAMPLE, headers={"X-Request-ID": "me"})
        bad = await client.post("/predict", json={"feature1": 1.0}, headers={"X-Request-ID": "me"})
        app.state.serving.batcher = None
        absent = await client.post("/predict", json=EXAMPLE, headers={"X-Request-ID": "me"})
    writer = ResponseWriter(list, FailureLog())
    fields = tuple(FieldProblem(f"feature{number}", "Field required") for number in (2, 3))
    refused = InvalidRowError("the input does not fit the model's signature: feature2, feature3", fields)
    outcomes: list[tuple[Outcome, httpx.Response]] = [
        (good.json()["prediction"], good),
        (refused, bad),
        (NotReadyError("no model is serving yet: the model is being loaded"), absent),
    ]

    for outcome, route in outcomes:
        status, content = written(writer, outcome, request_id=b"me", version="7")
        first, headers, body = parsed(content)
        assert (status, body) == (route.status_code, route.content)
        assert first == b"HTTP/1.1 %d %b" % (status, route.reason_phrase.encode())
        assert list(headers.items()) == [(name.lower(), value) for name, value in route.headers.raw]


@pytest.mark.parametrize("outcome", [1.5, "sí", True, 3, ["a", 2.5], [1.0, [2.0]], None])
def test_the_length_is_that_of_the_body(outcome: Outcome) -> None:
    """For any answer of the model, a client reads exactly one body."""
    _status, content = written(ResponseWriter(lambda: [DATE], FailureLog()), outcome)
    _first, headers, body = parsed(content)
    assert int(headers[b"content-length"]) == len(body)


def test_the_date_and_the_version_are_current() -> None:
    """Uvicorn's headers change once a second, and the version with the model; no response has old ones."""
    moments = [[DATE]]
    writer = ResponseWriter(lambda: moments[-1], FailureLog())
    assert parsed(written(writer, 1.0)[1])[1][b"date"] == DATE[1]
    moments.append([(b"date", b"later")])
    assert parsed(written(writer, 1.0)[1])[1][b"date"] == b"later"
    assert parsed(written(writer, 1.0, version="2")[1])[1][b"x-model-version"] == b"2"


def test_versions_that_alternate() -> None:
    """The headers of two versions are put together once a second for each, not for every response."""
    moments, asked = [[DATE]], [0]

    class Version(str):
        __slots__ = ()

        def encode(self, *_: str) -> bytes:
            """The bytes; counts the calls."""
            asked[0] += 1
            return super().encode()

    writer = ResponseWriter(lambda: moments[-1], FailureLog())
    for moment in (1, 2):
        for _ in range(10):
            for version in ("1", "2"):
                _first, headers, _body = parsed(written(writer, 1.0, version=Version(version))[1])
                assert headers[b"x-model-version"] == version.encode()
        assert asked[0] == 2 * moment
        moments.append([DATE])


def test_every_answer_has_an_id_of_its_own() -> None:
    """Without an id of the client each response, also an error, has a unique one."""
    writer = ResponseWriter(list, FailureLog())
    answers = [written(writer, outcome)[1] for outcome in [1.0, ApiError("no")] * 50]
    assert len({parsed(content)[1][b"x-request-id"] for content in answers}) == 100


@pytest.mark.parametrize("outcome", [1.0, ApiError("no")])
def test_the_last_answer_says_so(outcome: Outcome) -> None:
    """The last response of a connection has `Connection: close`."""
    assert b"connection" not in parsed(written(ResponseWriter(list, FailureLog()), outcome)[1])[1]
    assert parsed(written(ResponseWriter(list, FailureLog()), outcome, close=True)[1])[1][b"connection"] == b"close"


class _BinaryRequest:
    rows = ((1.0,),)
    probabilities = False

    def content(self, outcomes: Sequence[Outcome]) -> TypedContent:
        """Bytes of another media type, with a header of their own."""
        return TypedContent(b"%d parts" % len(outcomes), "application/octet-stream", (("x-parts", "1"),))

    def with_version(self, _version: str) -> Self:
        """It names no version."""
        return self


def test_content_of_another_type() -> None:
    """A protocol may answer with another media type and further headers."""
    endpoint = SingleRow()
    head = RequestHead(endpoint, endpoint.bind(RequestParameters()), 5, b"")
    status, content = ResponseWriter(list, FailureLog()).response(
        head, _BinaryRequest(), [7, 9], MODEL, "1", close=False
    )
    _first, headers, body = parsed(content)
    assert (status, body, headers[b"content-length"]) == (200, b"2 parts", b"7")
    assert (headers[b"content-type"], headers[b"x-parts"]) == (b"application/octet-stream", b"1")
