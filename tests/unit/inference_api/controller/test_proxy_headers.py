"""The effects of a reverse proxy on a request, and which peers are trusted."""

from typing import Any

import pytest
from fastapi import FastAPI

from src.controller.inference import create_app
from src.controller.proxy_headers import ForwardingMiddleware, TrustedPeers
from src.settings import Settings

PEER = ("10.1.2.3", 40000)
TRUSTED = "127.0.0.1,10.0.0.0/8"
Headers = tuple[tuple[bytes, bytes], ...]


@pytest.fixture(scope="module")
def app() -> FastAPI:
    """The application, for its routes."""
    return create_app(Settings())


async def seen(
    app: FastAPI, path: str, *headers: tuple[bytes, bytes], root_path: str = "", client: Any = PEER
) -> tuple[str, str, str]:
    """Path, prefix and scheme that the application behind the middleware gets."""
    found: list[Any] = []

    async def inner(scope: Any, _receive: Any, _send: Any) -> None:
        found.append(scope)

    async def nothing(*_message: Any) -> Any:
        return None

    scope = {"type": "http", "path": path, "headers": headers, "scheme": "http", "client": client, "app": app}
    await ForwardingMiddleware(inner, root_path, TrustedPeers(TRUSTED))({**scope, "root_path": ""}, nothing, nothing)
    return found[0]["path"], found[0]["root_path"], found[0]["scheme"]


@pytest.mark.parametrize(
    ("path", "routed"),
    [
        ("/predict", "/predict"),
        ("/predict/", "/predict"),
        ("/predict/batch/", "/predict/batch"),
        ("/", "/"),
        ("//", "//"),
        ("/predict//", "/predict//"),
        ("*", "*"),
    ],
)
async def test_one_trailing_slash_is_ignored(path: str, routed: str, app: FastAPI) -> None:
    """One trailing slash is removed; two are another path; the root is unchanged."""
    assert await seen(app, path) == (routed, "", "http")


@pytest.mark.parametrize(
    ("path", "routed"),
    [
        ("/predict", "/a/b/predict"),
        ("/a/b/predict", "/a/b/predict"),
        ("/a/b/predict/", "/a/b/predict"),
        ("/a/bc/predict", "/a/b/a/bc/predict"),
        ("/A/B/predict", "/a/b/A/B/predict"),
        ("/", "/a/b/"),
        ("/a/b", "/a/b/"),
        ("/a/b/", "/a/b/"),
    ],
)
async def test_with_and_without_the_prefix(path: str, routed: str, app: FastAPI) -> None:
    """Whether the proxy removes the prefix or not, the routed path has it once."""
    assert await seen(app, path, root_path="/a/b") == (routed, "/a/b", "http")


@pytest.mark.parametrize(
    ("prefix", "path"), [("/predict", "/predict/batch"), ("/predict", "/predict"), ("/model", "/model")]
)
async def test_prefix_equal_to_a_route(prefix: str, path: str, app: FastAPI) -> None:
    """When the prefix is also the start of a route, the exact path of a route leads to that route."""
    assert await seen(app, path, root_path=prefix) == (prefix + path, prefix, "http")


async def test_headers_of_a_trusted_peer(app: FastAPI) -> None:
    """The headers of a trusted peer take precedence over the setting."""
    headers = ((b"x-forwarded-prefix", b"/ml/"), (b"x-forwarded-proto", b"HTTPS"))
    assert await seen(app, "/docs", *headers, root_path="/other") == ("/ml/docs", "/ml", "https")
    assert await seen(app, "/ml/docs", *headers) == ("/ml/docs", "/ml", "https")


@pytest.mark.parametrize(
    "client", [("10.255.0.1", 1), ("127.0.0.1", 1), ("::ffff:10.0.0.9", 1), None], ids=["net", "one", "mapped", "unix"]
)
async def test_trusted_peers(client: Any, app: FastAPI) -> None:
    """An address of the setting, also written as IPv6, and the Unix socket, which only the gateway can open."""
    assert (await seen(app, "/docs", (b"x-forwarded-prefix", b"/ml"), client=client))[1] == "/ml"


@pytest.mark.parametrize("client", [("192.168.0.1", 1), ("::1", 1), ("testclient", 1), ("", 0)])
async def test_untrusted_peers(client: Any, app: FastAPI) -> None:
    """Prefix and scheme from any other peer are ignored."""
    headers = ((b"x-forwarded-prefix", b"/ml"), (b"x-forwarded-proto", b"https"))
    assert await seen(app, "/docs", *headers, client=client) == ("/docs", "", "http")


def test_all_peers() -> None:
    """`*` trusts every peer; an address trusts no other."""
    assert ("8.8.8.8", 1) in TrustedPeers("*")
    assert ("127.0.0.1", 1) not in TrustedPeers("192.0.2.1")


@pytest.mark.parametrize(
    "prefix",
    [
        b"//evil.example",
        b"https://evil.example",
        b"/ml//x",
        b"/../x",
        b"/ml/..",
        b"/ml/./x",
        b"ml",
        b"",
        b"/",
        b"/ml, /other",
        b"/ml?x",
        b"/ml#x",
        b"/ml\\x",
        b"/%2e%2e",
        b"/ml\r\nX: y",
        b'/"><script>',
        b"/ml' + alert(1) + '",
        b"/" + b"x" * 300,
        b"/caf\xe9",
    ],
)
async def test_invalid_prefixes(prefix: bytes, app: FastAPI) -> None:
    """A prefix that a browser could read as another host, a parent folder or code is ignored."""
    assert await seen(app, "/docs", (b"x-forwarded-prefix", prefix), root_path="/own") == ("/own/docs", "/own", "http")


async def test_a_header_sent_twice(app: FastAPI) -> None:
    """A header that occurs twice is ignored."""
    twice = ((b"x-forwarded-prefix", b"/a"), (b"x-forwarded-prefix", b"/b"))
    assert await seen(app, "/docs", *twice) == ("/docs", "", "http")


@pytest.mark.parametrize("scheme", [b"ftp", b"javascript", b"https, http", b""])
async def test_other_schemes(scheme: bytes, app: FastAPI) -> None:
    """Schemes other than http and https are ignored."""
    assert (await seen(app, "/docs", (b"x-forwarded-proto", scheme)))[2] == "http"
