"""What the gateway adds to the API, and what it passes unchanged."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e import replica
from tests.e2e.compose_stack import SAMPLE, Stack
from tests.e2e.steady_load import SteadyLoad

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def exchange(stack: Stack, request: bytes) -> tuple[bytes, bytes]:
    """Send bytes and read until the gateway closes the connection; returns the head and the body of its answer."""
    address = urlsplit(stack.url)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=10) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


@pytest.fixture
def without_sockets(stack: Stack) -> Iterator[Stack]:
    """The stack with an empty SOCKET_DIR in .env."""
    settings = stack.checkout / ".env"
    settings.write_text("SOCKET_DIR=\n")
    try:
        stack.start_servers()
        stack.wait_until_serving()
        yield stack
    finally:
        settings.unlink()
        stack.start_servers()
        stack.wait_until_serving()


def packets_of_a_prediction(stack: Stack) -> float:
    """The number of packets to the only replica per prediction, health checks included."""
    [name] = stack.replicas()
    packets, predictions = replica.packets(name), replica.predictions(name)
    with SteadyLoad(stack.url, rate=100) as load:
        load.send(500)
    sent = load.outcomes.total()
    assert load.outcomes == {"200": sent}, load.failures
    assert replica.predictions(name) - predictions == sent
    return (replica.packets(name) - packets) / sent


def test_predictions_come_by_the_socket(stack: Stack) -> None:
    """Hundreds of predictions cause hardly any packets after the gateway has found the Unix socket."""
    deadline = time.monotonic() + 60
    while (packets := packets_of_a_prediction(stack)) > 0.5 and time.monotonic() < deadline:
        pass  # until then they are sent by TCP

    assert packets <= 0.5


def test_predictions_come_by_tcp_without_sockets(without_sockets: Stack) -> None:
    """With an empty SOCKET_DIR there is no Unix socket, and the gateway sends predictions by TCP."""
    [name] = without_sockets.replicas()

    assert replica.slot(name) is None
    assert packets_of_a_prediction(without_sockets) >= 1


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"POST /predict HTTP/1.0\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b",
        (
            b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n"
        ),
        (
            b"POST /predict?x=1 HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Expect: 100-continue\r\nContent-Length: %d\r\n\r\n%b"
        ),
    ],
    ids=["HTTP/1.0", "chunked", "query and Expect"],
)
def test_unusual_predictions_are_answered(stack: Stack, request_bytes: bytes) -> None:
    """Requests that do not use the fast lane's connections get the same answers."""
    body = json.dumps(SAMPLE).encode()
    head, answer = exchange(stack, request_bytes % (len(body), body))
    if head.startswith(b"HTTP/1.1 100 "):
        head, _, answer = answer.partition(b"\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(answer) == stack.predict().json()


def test_long_heads_pass_and_endless_ones_get_the_api_s_error_shape(stack: Stack) -> None:
    """Cookies of 14 KiB pass; 20 KiB are answered 431 in the same JSON shape as the API's own errors."""
    passed = httpx.post(f"{stack.url}/predict", json=SAMPLE, headers={"Cookie": f"a={'x' * 14_336}"}, timeout=10)
    refused = httpx.get(f"{stack.url}/health", headers={"Cookie": f"a={'x' * 20_000}"}, timeout=10)

    assert passed.status_code == 200
    assert refused.status_code == 431
    assert refused.json().keys() == {"error", "detail", "fields"}


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /%b HTTP/1.1\r\nHost: x\r\n\r\n" % (b"a" * 20_000), b"414"),
        (b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", b"422"),
    ],
    ids=["a long address", "a transfer encoding"],
)
def test_other_refusals_of_the_gateway_get_the_api_s_error_shape(
    stack: Stack, request_bytes: bytes, status: bytes
) -> None:
    """HAProxy's other own errors are JSON too, and not its page."""
    head, body = exchange(stack, request_bytes)

    assert head.startswith(b"HTTP/1.1 " + status)
    assert json.loads(body).keys() == {"error", "detail", "fields"}


def test_what_is_not_http_gets_the_api_s_error_shape(stack: Stack) -> None:
    """A request that the gateway cannot read is answered 400 in the same JSON shape as the API's own errors."""
    head, body = exchange(stack, b"POST /predict HTTP/1.1\r\nno header\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body).keys() == {"error", "detail", "fields"}


def test_a_batch_larger_than_the_gateway_s_buffer_passes(stack: Stack) -> None:
    """The gateway can repeat only small requests, but it forwards large ones."""
    rows = [SAMPLE] * 2000
    answer = httpx.post(f"{stack.url}/predict/batch", json=rows, timeout=30)

    assert answer.status_code == 200
    assert len(answer.json()["predictions"]) == len(rows)


def test_compressed_predictions_take_none_from_the_lane(stack: Stack) -> None:
    """A compressed body, or a slash after the path, is sent on other connections than the fast lane's."""
    [name] = stack.replicas()
    body, expected = json.dumps(SAMPLE).encode(), stack.predict().json()
    before = replica.lane_predictions(name)
    with httpx.Client(base_url=stack.url, timeout=10) as client:
        for _ in range(20):
            packed = client.post(
                "/predict",
                content=gzip.compress(body),
                headers={"Content-Encoding": "gzip", "Content-Type": "application/json"},
            )
            assert (packed.status_code, packed.json()) == (200, expected)
            assert client.post("/predict/", json=SAMPLE).json() == expected
            assert client.post("/predict", json=SAMPLE).json() == expected
    assert replica.lane_predictions(name) == before + 20


def test_head_and_options_pass(stack: Stack) -> None:
    """The API answers HEAD and OPTIONS through the gateway."""
    for path in ("/health", "/ready", "/model", "/metrics", "/docs", "/redoc", "/openapi.json"):
        answer = httpx.head(f"{stack.url}{path}", timeout=10)
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) > 0
        assert httpx.options(f"{stack.url}{path}", timeout=10).headers["allow"] == "GET, HEAD, OPTIONS"
    assert httpx.options(f"{stack.url}/predict", timeout=10).headers["allow"] == "OPTIONS, POST"


def test_a_proxy_in_front_names_its_prefix(stack: Stack) -> None:
    """The API accepts the prefix header of a proxy before the gateway if its value is a path."""
    for prefix, server in (("/ml", "/ml"), ("//evil.example", ".")):
        answer = httpx.get(f"{stack.url}/openapi.json", headers={"X-Forwarded-Prefix": prefix}, timeout=10)
        assert [found["url"] for found in answer.json()["servers"]] == [server]


def test_the_request_id_passes_in_and_out(stack: Stack) -> None:
    """The answer has the client's X-Request-ID."""
    answer = httpx.post(f"{stack.url}/predict", json=SAMPLE, headers={"X-Request-ID": "my-own-id"}, timeout=10)

    assert answer.headers["X-Request-ID"] == "my-own-id"


def test_the_api_s_own_errors_pass_unchanged(stack: Stack) -> None:
    """404, 405, 415 and 422 come from the API, not from the gateway."""
    for answer, status in (
        (httpx.get(f"{stack.url}/nothing", timeout=10), 404),
        (httpx.get(f"{stack.url}/predict", timeout=10), 405),
        (httpx.post(f"{stack.url}/predict", content=b"x", headers={"Content-Type": "text/xml"}, timeout=10), 415),
        (httpx.post(f"{stack.url}/predict", json={}, timeout=10), 422),
    ):
        assert answer.status_code == status
        assert answer.json().keys() == {"error", "detail", "fields"}
        assert "X-Request-ID" in answer.headers
