"""The documentation pages load everything by relative URLs."""

import re
from collections.abc import AsyncIterator
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from src.controller.inference import create_app
from src.settings import Settings

PAGES = ("/docs", "/redoc", "/docs/", "/redoc/")
Forwarded = dict[str, str]


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client with the address 127.0.0.1, which is trusted."""
    transport = httpx.ASGITransport(create_app(Settings()))
    async with httpx.AsyncClient(transport=transport, base_url="https://host") as found:
        yield found


def addresses(text: str) -> list[str]:
    """The URLs of everything that a page loads."""
    return re.findall(r"""(?:(?:src|href|spec-url)=|url: |URL\()["']([^"']+)["']""", text)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("prefix", ["", "/ml", "/a/b/c"])
async def test_a_page_under_any_prefix(prefix: str, page: str, client: httpx.AsyncClient) -> None:
    """Under any prefix, without a header: what a page loads has a URL under the prefix and exists."""
    text = (await client.get(page)).text
    found = [urljoin(f"https://host{prefix}{page}", address) for address in addresses(text)]
    assert len(found) == (5 if "swagger" in text else 3)
    for address in found:
        assert address.startswith(f"https://host{prefix}/")
        answer = await client.get(urlsplit(address).path.removeprefix(prefix))
        assert answer.status_code == 200, address


@pytest.mark.parametrize(
    ("path", "headers", "server"),
    [
        ("/openapi.json", {}, "."),
        ("/openapi.json/", {}, ".."),
        ("/openapi.json", {"X-Forwarded-Prefix": "/ml"}, "/ml"),
        ("/openapi.json", {"X-Forwarded-Prefix": "//evil.example"}, "."),
    ],
)
async def test_servers(path: str, headers: Forwarded, server: str, client: httpx.AsyncClient) -> None:
    """`servers` in the document is its own folder, or the prefix that a trusted proxy sends."""
    answer = await client.get(path, headers=headers)
    assert [found["url"] for found in answer.json()["servers"]] == [server]
    assert answer.headers["vary"] == "X-Forwarded-Prefix"  # a cache may not give one proxy's answer to another


async def test_servers_of_the_setting() -> None:
    """With ROOT_PATH, `servers` is that path, whether the proxy removes it from the request or not."""
    transport = httpx.ASGITransport(create_app(Settings(root_path="/ml")))
    async with httpx.AsyncClient(transport=transport, base_url="https://host") as client:
        for path in ("/openapi.json", "/ml/openapi.json"):
            assert (await client.get(path)).json()["servers"] == [{"url": "/ml"}]


async def test_an_untrusted_peer_changes_nothing() -> None:
    """A prefix that an untrusted address sends is ignored."""
    transport = httpx.ASGITransport(create_app(Settings()), client=("192.0.2.7", 1))
    async with httpx.AsyncClient(transport=transport, base_url="https://host") as client:
        answer = await client.get("/openapi.json", headers={"X-Forwarded-Prefix": "/ml"})
    assert [found["url"] for found in answer.json()["servers"]] == ["."]


@pytest.mark.parametrize("page", [*PAGES, "/docs/oauth2-redirect"])
async def test_no_other_page_shows_one_in_a_frame(page: str, client: httpx.AsyncClient) -> None:
    """A page in a frame could lead clicks to it; no type is guessed, and no other server learns its address."""
    headers = (await client.get(page)).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "server" not in headers
