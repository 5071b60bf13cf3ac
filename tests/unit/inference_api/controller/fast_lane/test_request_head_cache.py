"""Which request heads are for the lane, and which of them are cached."""

import pytest

from src.controller.fast_lane.request_head_cache import (
    MAX_BODY,
    MAX_HEAD,
    MAX_KEPT,
    RequestHead,
    RequestHeadCache,
)
from src.controller.protocols.endpoint import PredictionEndpoint, RequestParameters
from src.controller.protocols.json_rows import RowBatch, SingleRow

LIMIT = 1_000_000
ONE, MANY = SingleRow(), RowBatch(10)


def cache_of(max_body: int = LIMIT, canary_header: str = "X-User-ID") -> RequestHeadCache:
    """A cache of two endpoints."""
    return RequestHeadCache((ONE, MANY), max_body, canary_header)


def head(*lines: str, first: str = "POST /predict HTTP/1.1", length: str | None = "5") -> bytes:
    """A request head."""
    counted = () if length is None else (f"Content-Length: {length}",)
    return "\r\n".join([first, "Host: api", *lines, *counted, "", ""]).encode("latin-1")


def known(endpoint: PredictionEndpoint, length: int, request_id: bytes, query: str = "") -> RequestHead:
    """What the cache tells of a head."""
    return RequestHead(endpoint, endpoint.bind(RequestParameters(query=query)), length, request_id)


OURS = [
    (head(), known(ONE, 5, b"")),
    (head(length="0"), known(ONE, 0, b"")),
    (head(length=str(MAX_BODY)), known(ONE, MAX_BODY, b"")),
    (head("Content-Type: application/json"), known(ONE, 5, b"")),
    (head("content-type: Application/JSON ; charset=utf-8"), known(ONE, 5, b"")),
    (head("Connection: keep-alive"), known(ONE, 5, b"")),
    (head("X-Request-ID: abc-1"), known(ONE, 5, b"abc-1")),
    (head("X-Request-ID: first", "X-Request-ID: second"), known(ONE, 5, b"first")),
    (head("X-Request-ID: not acceptable"), known(ONE, 5, b"")),
    (head("Cookie: a=b", "Cookie: c=d"), known(ONE, 5, b"")),
    (head(first="POST /predict/batch HTTP/1.1"), known(MANY, 5, b"")),
    (head(first="POST /predict?x=1 HTTP/1.1"), known(ONE, 5, b"")),
    (head(first="POST /predict?probabilities=true HTTP/1.1"), known(ONE, 5, b"", "probabilities=true")),
]


@pytest.mark.parametrize(("given", "expected"), OURS)
def test_a_plain_prediction_is_for_the_lane(given: bytes, expected: RequestHead) -> None:
    """A keep-alive `POST /predict` with a length is read: endpoint, length of the body, request id of the client."""
    assert cache_of().read(given) == expected


@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ((), b""),
        (("X-User-ID:",), b""),
        (("x-user-id: me",), b"me"),
        (("X-User-ID:  any thing, \xe9 ",), b"any thing, \xe9"),
        (("X-User-ID: first", "X-User-ID: second"), b"first"),
    ],
)
def test_the_key_of_the_split_is_the_value_of_its_header(lines: tuple[str, ...], key: bytes) -> None:
    """Its name in any case, its value unchanged, the first of several."""
    for cache in (cache_of(canary_header="X-User-ID"), cache_of(canary_header="x-USER-id")):
        found = [cache.read(head("X-Request-ID: 7", *lines)) for _ in range(3)]
        assert [one and one.canary_key for one in found] == [key] * 3


OTHERS = [
    head(first="POST /predict?x=#&probabilities=true HTTP/1.1"),
    head(first="GET /predict HTTP/1.1"),
    head(first="POST /predict HTTP/1.0"),
    head(first="POST /predict?probabilities=maybe HTTP/1.1"),
    head(first="POST /predict#part HTTP/1.1"),
    head(first="POST /predict/batches HTTP/1.1"),
    head(first="POST http://api/predict HTTP/1.1"),
    head("Connection: close"),
    head("Connection: upgrade", "Upgrade: websocket"),
    head("Expect: 100-continue"),
    head("Transfer-Encoding: chunked", length=None),
    head("Transfer-Encoding: chunked"),
    head("Content-Encoding: gzip"),
    head("content-encoding: identity"),
    head("Content-Length: 5"),
    head("Content-Length: 6"),
    head("Content-Type: text/plain"),
    head("Content-Type: application/json", "Content-Type: application/json"),
    head(length=None),
    head(length="-1"),
    head(length="five"),
    head(length=str(MAX_BODY + 1)),
    head("Broken header"),
    head("Spaced : name"),
    b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    b"\r\n\r\n",
]


@pytest.mark.parametrize("given", OTHERS)
def test_other_requests_are_for_uvicorn(given: bytes) -> None:
    """Another method, path, version or framing, an unsupported header, or bytes that are not HTTP: uvicorn decides."""
    assert cache_of().read(given) is None


def test_the_services_limit_counts() -> None:
    """A request with a body over the limit of the service is left to the route, which refuses it."""
    assert cache_of(100).read(head(length="101")) is None
    assert cache_of(100).read(head(length="100")) == known(ONE, 100, b"")


def test_a_head_that_hides_a_second_request_is_refused() -> None:
    """Bytes after the end of the head, as llhttp parses it, are not accepted: they could be a hidden request."""
    two = b"POST /predict HTTP/1.1\r\nContent-Length: 0\r\n\r\nGET /health HTTP/1.1\r\n\r\n"
    assert cache_of().read(two) is None
    assert cache_of().read(b"POST /predict HTTP/1.1\nContent-Length: 5\n\nX: 1\r\n\r\n") is None


def test_a_repeated_head_is_remembered() -> None:
    """From the second time on it is found without parsing, with the same result."""
    cache = cache_of()
    assert [cache.read(head("X: 1")) for _ in range(3)] == [known(ONE, 5, b"")] * 3
    assert len(cache) == 1


def test_heads_that_occur_once_replace_no_others() -> None:
    """Heads with a different trace id each neither grow the cache nor remove other heads from it."""
    cache = cache_of()
    for _ in range(2):
        cache.read(head("X: stable"))
    for number in range(5 * MAX_KEPT):
        assert cache.read(head(f"traceparent: 00-{number:032x}")) == known(ONE, 5, b"")
    assert len(cache) == 1


def test_the_cache_is_bounded() -> None:
    """The cache has a maximum number of heads; further ones are read without it."""
    cache = cache_of()
    for number in range(3 * MAX_KEPT):
        for _ in range(2):
            assert cache.read(head(f"X: {number}")) == known(ONE, 5, b"")
    assert len(cache) <= MAX_KEPT


def test_long_heads_are_read_but_not_kept() -> None:
    """A head with a cookie of kilobytes is read, but not cached."""
    cache = cache_of()
    for _ in range(3):
        assert cache.read(head("Cookie: " + "x" * 4000)) == known(ONE, 5, b"")
    assert len(cache) == 0


def test_the_beginning_of_a_head() -> None:
    """A head may arrive in parts; one that cannot become a head for the lane any more is left to uvicorn at once."""
    whole = head()
    assert all(cache_of().may_become_head(whole[:cut]) for cut in range(len(whole)))
    assert not cache_of().may_become_head(b"GET ")
    assert not cache_of().may_become_head(b"POST /predictable")
    assert not cache_of().may_become_head(whole[:-2] + b"X: " + b"x" * MAX_HEAD)
    for line_end in (b"\n", b"\r", b"\n\r", b"\r\r\n"):
        assert not cache_of().may_become_head(whole[:-2].replace(b"\r\n", line_end, 2))
