"""Resolving the alias in the MLflow registry."""

import json
import socket
from base64 import b64decode
from urllib.parse import parse_qs, urlsplit

import pytest
from corporate_proxy import corporate_proxy
from service_process import free_port

from src.errors import RegistryError
from src.service.registry import client as module
from src.service.registry.client import RegisteredModel, RegistryClient
from src.settings import Settings
from tests.unit.inference_api.doubles import StubRegistry, version_of


def settings(url: str, **values: str) -> Settings:
    """Settings that point at a registry."""
    return Settings(mlflow_tracking_uri=url, **values)  # type: ignore[arg-type]  # texts all of them


async def test_version(registry: StubRegistry) -> None:
    """The alias's version comes with its run, its source and the trainer's digest."""
    version = version_of("7", content_sha256="abc")
    registry.point_at(version)
    assert await RegistryClient(settings(registry.url)).resolve() == version


async def test_names_are_quoted(registry: StubRegistry) -> None:
    """Model names and aliases with any characters are sent unchanged."""
    registry.point_at(version_of())
    await RegistryClient(settings(registry.url, registered_model_name="año & más", model_alias="a=b")).resolve()
    parts = urlsplit(registry.requests[0][0])
    assert parts.path == "/api/2.0/mlflow/registered-models/alias"
    assert parse_qs(parts.query) == {"name": ["año & más"], "alias": ["a=b"]}


async def test_optional_fields(registry: StubRegistry) -> None:
    """A version without a run, tags or source, and a tag without a value, are read as empty."""
    registry.body = json.dumps(
        {"model_version": {"name": "m", "version": 3, "tags": [{"key": "content_sha256"}]}}
    ).encode()
    found = await RegistryClient(settings(registry.url)).resolve()
    assert found == version_of("3", name="m", run_id="", source="")


async def test_aliases_and_tags(registry: StubRegistry) -> None:
    """One request gets the aliases and the tags of the model; a tag without a value is empty."""
    aliases = [{"alias": "champion", "version": "7"}, {"alias": "challenger", "version": "8"}]
    tags = [{"key": "shadow_percent", "value": "10"}, {"key": "note"}]
    registry.body = json.dumps({"registered_model": {"name": "m", "aliases": aliases, "tags": tags}}).encode()
    found = await RegistryClient(settings(registry.url, registered_model_name="a & b")).model()
    assert found == RegisteredModel({"champion": "7", "challenger": "8"}, {"shadow_percent": "10", "note": ""})
    parts = urlsplit(registry.requests[0][0])
    assert (parts.path, parse_qs(parts.query)) == ("/api/2.0/mlflow/registered-models/get", {"name": ["a & b"]})


async def test_model_without_aliases_and_tags(registry: StubRegistry) -> None:
    """A model that is new, or that the registry does not know, has neither; an error of the server is an error."""
    registry.body = b'{"registered_model": {"name": "m"}}'
    client = RegistryClient(settings(registry.url))
    assert await client.model() == RegisteredModel({}, {})
    registry.status, registry.body = 404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "not found"}'
    assert await client.model() == RegisteredModel({}, {})
    registry.status, registry.body = 500, b'{"error_code": "INTERNAL_ERROR", "message": "no database"}'
    with pytest.raises(RegistryError, match="no database"):
        await client.model()


async def test_other_alias(registry: StubRegistry) -> None:
    """A client for another alias resolves that one."""
    registry.point_at(version_of("8"))
    assert (await RegistryClient(settings(registry.url), "challenger").resolve()).version == "8"
    assert parse_qs(urlsplit(registry.requests[0][0]).query)["alias"] == ["challenger"]


async def test_basic_authentication(registry: StubRegistry) -> None:
    """User and password are sent as HTTP basic authentication, accents included."""
    registry.point_at(version_of())
    await RegistryClient(
        settings(registry.url, mlflow_tracking_username="ana", mlflow_tracking_password="señal")
    ).resolve()
    scheme, _, pair = registry.requests[0][1]["Authorization"].partition(" ")
    assert (scheme, b64decode(pair).decode()) == ("Basic", "ana:señal")


async def test_token(registry: StubRegistry) -> None:
    """A token takes precedence over a user, as in MLflow's client."""
    registry.point_at(version_of())
    await RegistryClient(settings(registry.url, mlflow_tracking_token="t", mlflow_tracking_username="ana")).resolve()
    assert registry.requests[0][1]["Authorization"] == "Bearer t"


@pytest.mark.parametrize("user", ["", "api"])
async def test_no_credentials(user: str, registry: StubRegistry) -> None:
    """Without credentials no header is sent, nor for a user without a password."""
    registry.point_at(version_of())
    await RegistryClient(settings(registry.url, mlflow_tracking_username=user)).resolve()
    assert "Authorization" not in registry.requests[0][1]


@pytest.mark.parametrize("code", ["RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"])
async def test_unknown_model_or_alias(code: str, registry: StubRegistry) -> None:
    """When nothing is registered yet, the reason tells this with both names."""
    registry.status, registry.body = 404, json.dumps({"error_code": code, "message": "not found"}).encode()
    reason = "no version of the model 'linear_regression_model' has the alias 'champion' yet"
    with pytest.raises(RegistryError, match=reason):
        await RegistryClient(settings(registry.url)).resolve()


REFUSALS = [
    (403, b"Invalid Host header - possible DNS rebinding attack detected", "answered 403: Invalid Host header"),
    (500, b'{"error_code": "INTERNAL_ERROR", "message": "database is down"}', "answered 500: database is down"),
    (502, b"<html>" + b"x" * 5000, "answered 502: <html>x+$"),
    (500, b"[]", r"answered 500: \[\]"),
    (500, b'"text"', "answered 500"),
    (500, b'{"message": {"deep": 1}}', "answered 500: {'deep': 1}"),
    (401, b"You are not authenticated.", "answered 401: it wants a user that it knows, .* MLFLOW_TRACKING_PASSWORD$"),
    (503, b"\xff\xfe", "answered 503"),
]


@pytest.mark.parametrize(("status", "body", "reason"), REFUSALS)
async def test_refusal_of_the_server(status: int, body: bytes, reason: str, registry: StubRegistry) -> None:
    """The error has the server's own reason, truncated."""
    registry.status, registry.body = status, body
    with pytest.raises(RegistryError, match=reason) as caught:
        await RegistryClient(settings(registry.url)).resolve()
    assert len(caught.value.detail) < 300


NOT_MLFLOW = [
    b"",
    b"<html>",
    b"\xff",
    b"{}",
    b"[]",
    b"5",
    b"null",
    b'{"model_version": null}',
    b'{"model_version": []}',
    b'{"model_version": {"name": "m"}}',
    b'{"model_version": {"name": "m", "version": "1", "tags": 5}}',
    b'{"model_version": {"name": "m", "version": "1", "tags": ["a"]}}',
]


@pytest.mark.parametrize("body", NOT_MLFLOW)
async def test_another_server(body: bytes, registry: StubRegistry) -> None:
    """The error tells when an answer is not MLflow's, such as a proxy's page."""
    registry.body = body
    with pytest.raises(RegistryError, match="does not answer like MLflow"):
        await RegistryClient(settings(registry.url)).resolve()


async def test_no_server() -> None:
    """When no server answers, the error has its address and the system's reason."""
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(RegistryError, match=rf"MLflow at {url} does not answer: .*Connection refused"):
        await RegistryClient(settings(url)).resolve()


async def test_unknown_host() -> None:
    """A host name that does not exist is an error of one sentence."""
    with pytest.raises(RegistryError, match=r"MLflow at http://no-such-host\.invalid does not answer: "):
        await RegistryClient(settings("http://no-such-host.invalid")).resolve()


async def test_local_registry_without_the_proxy(registry: StubRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    """HTTP_PROXY without NO_PROXY, as many companies set it, has no effect for loopback."""
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    monkeypatch.setattr("urllib.request._opener", None)  # urlopen reads the environment once in a process
    registry.point_at(version_of("7"))
    assert (await RegistryClient(settings(registry.url)).resolve()).version == "7"


@pytest.mark.parametrize(
    ("status", "page", "reason"),
    [
        (403, b"<html>no</html>", "MLflow at http://mlflow.example:5000 does not answer: HTTP 403 Forbidden"),
        (407, b"", "MLflow at http://mlflow.example:5000 does not answer: HTTP 407 Proxy Authentication Required"),
        (502, b"<html>", "MLflow at http://mlflow.example:5000 does not answer: HTTP 502 Bad Gateway"),
        (503, b"upstream", "MLflow at http://mlflow.example:5000 does not answer: HTTP 503 Service Unavailable"),
        (200, b"<html>login</html>", "http://mlflow.example:5000 does not answer like MLflow"),
    ],
)
async def test_error_page_of_a_proxy(status: int, page: bytes, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the proxy without its password, and tells what to do."""
    with corporate_proxy(status, page) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(RegistryError) as caught:
            await RegistryClient(settings("http://mlflow.example:5000")).resolve()
    assert caught.value.detail == (
        f"{reason}; asked through the proxy {proxy.address} (HTTP_PROXY): "
        "if mlflow.example needs no proxy, add mlflow.example to NO_PROXY"
    )


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_proxy_that_refuses_the_connection(scheme: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the proxy refuses the connection, the error names the proxy."""
    address = f"127.0.0.1:{free_port()}"
    monkeypatch.setenv(f"{scheme}_proxy", f"http://ana:geheim@{address}")
    with pytest.raises(RegistryError, match=rf"Connection refused; asked through the proxy {address}") as caught:
        await RegistryClient(settings(f"{scheme}://mlflow.example")).resolve()
    assert "geheim" not in caught.value.detail


async def test_proxy_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that does not answer has the same timeout as MLflow."""
    monkeypatch.setattr(module, "_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setenv("HTTP_PROXY", f"http://{address}")
        with pytest.raises(RegistryError, match=rf"timed out; asked through the proxy {address} "):
            await RegistryClient(settings("http://mlflow.example")).resolve()


async def test_a_refused_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error tells when the proxy refuses a tunnel to an https registry."""
    with corporate_proxy(403) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(
            RegistryError, match=rf"403 Forbidden; asked through the proxy {proxy.address} \(HTTPS_PROXY"
        ):
            await RegistryClient(settings("https://mlflow.example")).resolve()
    assert proxy.asked == ["mlflow.example:443"]


async def test_error_of_mlflow_behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of MLflow through the proxy is the same as without a proxy."""
    with corporate_proxy(404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}') as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        with pytest.raises(RegistryError, match=r"has the alias 'champion' yet$"):
            await RegistryClient(settings("http://mlflow.example")).resolve()
