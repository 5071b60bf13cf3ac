"""What the gateway adds to the API, and what it must not change."""

import json
import socket
from urllib.parse import urlsplit

import httpx
import pytest

from tests.e2e.compose_stack import SAMPLE, Stack

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]


def exchange(stack: Stack, request: bytes) -> tuple[bytes, bytes]:
    """Send bytes and read until the gateway closes: the head and the body of its answer."""
    address = urlsplit(stack.url)
    with socket.create_connection((str(address.hostname), address.port or 80), timeout=10) as connection:
        connection.sendall(request)
        received = b"".join(iter(lambda: connection.recv(4096), b""))
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


def test_what_is_not_http_gets_the_api_s_error_shape(stack: Stack) -> None:
    """A request that the gateway cannot read is answered 400 in the same JSON shape as the API's own errors."""
    head, body = exchange(stack, b"POST /predict HTTP/1.1\r\nno header\r\n\r\n")

    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body).keys() == {"error", "detail", "fields"}


def test_a_batch_larger_than_the_gateway_s_buffer_passes(stack: Stack) -> None:
    """Only small requests can be sent twice, but large ones are sent."""
    rows = [SAMPLE] * 2000
    answer = httpx.post(f"{stack.url}/predict/batch", json=rows, timeout=30)

    assert answer.status_code == 200
    assert len(answer.json()["predictions"]) == len(rows)


def test_the_request_id_passes_in_and_out(stack: Stack) -> None:
    """The client's own X-Request-ID comes back through the gateway."""
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
