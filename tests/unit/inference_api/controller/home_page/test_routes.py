"""The page, its files and its JSON, called on the application without a network."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from src.controller.home_page import assets_folder
from src.controller.home_page.assets_folder import MEDIA_TYPES
from src.controller.inference import create_app
from src.settings import PageLink, Settings

FOLDER = Path(assets_folder.__file__).with_name("assets")
FILES = [f"/static-home-page/{name}" for name in MEDIA_TYPES]
CLOSED = PageLink("MLflow", "127.0.0.1", 8005, "127.0.0.1", 1)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client with the address 127.0.0.1, which is trusted."""
    transport = httpx.ASGITransport(create_app(Settings(pages_links=(CLOSED,))))
    async with httpx.AsyncClient(transport=transport, base_url="https://host") as found:
        yield found


async def test_every_file_is_served(client: httpx.AsyncClient) -> None:
    """Each file in the folder, but for the page's template, is served as it stands and with its media type."""
    assert {path.name for path in FOLDER.iterdir()} == {*MEDIA_TYPES, "page.html"}
    for name, media_type in MEDIA_TYPES.items():
        answer = await client.get(f"/static-home-page/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
        assert answer.content == (FOLDER / name).read_bytes()


@pytest.mark.parametrize(
    ("request_path", "headers", "browser_path"),
    [
        ("/", {}, "/"),
        ("/", {}, "/deep/er/"),
        ("/", {"X-Forwarded-Prefix": "/ml"}, "/ml"),
        ("/", {"X-Forwarded-Prefix": "/ml"}, "/ml/"),
        ("/ml", {"X-Forwarded-Prefix": "/ml"}, "/ml"),
        ("/ml/", {"X-Forwarded-Prefix": "/ml"}, "/ml/"),
        ("/", {"X-Forwarded-Prefix": "//evil.example"}, "/"),
    ],
)
async def test_the_page_under_any_prefix(
    request_path: str, headers: dict[str, str], browser_path: str, client: httpx.AsyncClient
) -> None:
    """What the page loads lies under the prefix and exists, whatever the proxy removes or tells."""
    text = (await client.get(request_path, headers=headers)).text
    addresses = re.findall(r'(?:src|href|data-root)="([^"#]+)"', text)
    assert len(addresses) == 8
    prefix = browser_path.rstrip("/")
    for address in addresses:
        found = urlsplit(urljoin(f"https://host{browser_path}", address))
        assert (found.netloc, found.path.startswith(f"{prefix}/")) == ("host", True)
        answer = await client.get(found.path.removeprefix(prefix))
        assert answer.status_code == 200, address


async def test_nothing_inline_and_nothing_foreign() -> None:
    """The page has no inline script or style and no handler, and none of its files names another server."""
    page = (FOLDER / "page.html").read_text(encoding="utf-8")
    assert not re.search(r"<style|style=|\son\w+=|<script(?![^>]*\bsrc=)|javascript:", page)
    for name in MEDIA_TYPES:
        text = (FOLDER / name).read_text(encoding="utf-8").replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert not re.search(
            r"https?://(?!\$\{host\})|@import|url\(|innerHTML|outerHTML|insertAdjacentHTML|eval\(", text
        )


async def test_headers(client: httpx.AsyncClient) -> None:
    """The page may load its own files only; nothing is kept without asking, and no type is guessed."""
    page = (await client.get("/")).headers
    policy = dict(part.split(" ", 1) for part in page["content-security-policy"].split("; "))
    assert policy == {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "connect-src": "'self'",
        "img-src": "'self' data:",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert page["vary"] == "Accept, X-Forwarded-Prefix"
    for path in ("/", *FILES):
        headers = (await client.get(path)).headers
        assert headers["cache-control"] == "no-cache"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/", *FILES])
async def test_what_is_known_is_not_sent_again(path: str, client: httpx.AsyncClient) -> None:
    """With the ETag of the content the answer is 304 without it; with another one it is sent."""
    first = await client.get(path)
    for given in (first.headers["etag"], f'"other", W/{first.headers["etag"]}', "*"):
        again = await client.get(path, headers={"If-None-Match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    other = await client.get(path, headers={"If-None-Match": '"other"'})
    assert (other.status_code, other.content) == (200, first.content)


async def test_the_etag_is_of_the_content(client: httpx.AsyncClient) -> None:
    """Every content has its own: pages of two prefixes, and any two files."""
    answers = [await client.get(path) for path in ("/", *FILES)]
    answers.append(await client.get("/", headers={"X-Forwarded-Prefix": "/ml"}))
    assert len({answer.headers["etag"] for answer in answers}) == len(answers)


@pytest.mark.parametrize(("prefix", "root"), [("", "./"), ("/ml", "/ml/")])
async def test_json(prefix: str, root: str, client: httpx.AsyncClient) -> None:
    """A program gets links to what there is, and the other pages of the stack with whether they are open."""
    headers = {"Accept": "application/json", **({"X-Forwarded-Prefix": prefix} if prefix else {})}
    answer = await client.get("/", headers=headers)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["vary"] == "Accept, X-Forwarded-Prefix"
    content = answer.json()
    assert content["pages"] == [{"name": "MLflow", "bind": "127.0.0.1", "port": 8005, "open": False}]
    assert content["links"]["openapi"] == f"{root}openapi.json"
    for address in content["links"].values():
        found = urlsplit(urljoin("https://host/ml/", address)).path.removeprefix("/ml")
        assert (await client.get(found)).status_code in {200, 503}, address


async def test_other_methods(client: httpx.AsyncClient) -> None:
    """Only GET, HEAD and OPTIONS are answered; the page is no operation of the API's description."""
    for method in ("POST", "PUT", "DELETE"):
        answer = await client.request(method, "/")
        assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
        assert answer.json()["error"] == "method_not_allowed"
    assert "/" not in (await client.get("/openapi.json")).json()["paths"]
    assert (await client.get("/static-home-page/page.html")).status_code == 404
    assert (await client.get("/static-home-page/../routes.py")).status_code == 404
