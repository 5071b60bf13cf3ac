"""The payload comes from the API; without one, the error says why."""

import json
from collections.abc import Iterator

import pytest

from load.payload import NoPayloadError, fetch_payload
from tests.unit.locust.load.doubles import EXAMPLE, ApiServer, free_port, http, openapi


@pytest.fixture
def api() -> Iterator[ApiServer]:
    """An API that is ready."""
    with ApiServer() as server:
        yield server


def test_payload_is_the_apis_own_example(api: ApiServer) -> None:
    """The example of the prediction request is what the users will send, whatever the model."""
    assert json.loads(fetch_payload(api.url)) == EXAMPLE


def test_names_and_values_of_any_kind_survive(api: ApiServer) -> None:
    """Accents, null and strings are sent as the API wrote them."""
    example = {"año de construcción": None, "class": "sí", "x y": 1e-7, "b": True}
    api.schema = http(json.dumps(openapi(example)).encode())
    assert json.loads(fetch_payload(api.url)) == example


def test_api_without_ready_route_is_accepted(api: ApiServer) -> None:
    """Other APIs may have no /ready."""
    api.ready = http(b"{}", "404 Not Found")
    assert json.loads(fetch_payload(api.url)) == EXAMPLE


def test_unreachable_api() -> None:
    """The message names the address and the network error."""
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(NoPayloadError, match=f"^{url} cannot be reached: connection refused$"):
        fetch_payload(url)


def test_missing_model_is_reported_with_the_apis_detail(api: ApiServer) -> None:
    """The message has the detail of the API's /ready."""
    api.ready = http(b'{"error":"not_ready","detail":"no version has the alias champion"}', "503 Service Unavailable")
    with pytest.raises(NoPayloadError, match=r"is not ready: no version has the alias champion$"):
        fetch_payload(api.url)


def test_gateway_without_replica(api: ApiServer) -> None:
    """The gateway's own 503 is not JSON."""
    api.ready = http(b"<html>503</html>", "503 Service Unavailable")
    with pytest.raises(NoPayloadError, match=r"is not ready: /ready answers 503$"):
        fetch_payload(api.url)


@pytest.mark.parametrize("schema", [openapi(None), openapi({}), openapi([1]), {"paths": {}}, {"paths": None}, []])
def test_missing_example(api: ApiServer, schema: object) -> None:
    """A schema without an example is an error."""
    api.schema = http(json.dumps(schema).encode())
    with pytest.raises(NoPayloadError, match="has no example for POST /predict"):
        fetch_payload(api.url)


def test_missing_schema(api: ApiServer) -> None:
    """An API without /openapi.json is an error."""
    api.schema = http(b"{}", "404 Not Found")
    with pytest.raises(NoPayloadError, match=r"/openapi.json answers 404"):
        fetch_payload(api.url)


def test_proxy_is_not_used(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The API is measured, not a proxy before it."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    assert json.loads(fetch_payload(api.url)) == EXAMPLE


@pytest.mark.parametrize(
    ("no_proxy", "note"),
    [("", "; Locust's users connect to api.invalid themselves, without the proxy of HTTP_PROXY"), ("api.invalid", "")],
)
def test_unreachable_api_behind_a_proxy(
    no_proxy: str,
    note: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The message says that Locust does not use the proxy of the environment."""
    monkeypatch.setenv("HTTP_PROXY", "http://ana:geheim@proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    with pytest.raises(NoPayloadError, match="cannot be reached: host name not found") as caught:
        fetch_payload("http://api.invalid")
    assert str(caught.value) == f"http://api.invalid cannot be reached: host name not found{note}"
