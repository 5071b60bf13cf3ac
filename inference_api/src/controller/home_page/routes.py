"""`GET /` and the files that the page loads."""

from __future__ import annotations

from functools import partial
from typing import Final

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.routing import Route

from src.controller.home_page.assets_folder import ASSETS, MEDIA_TYPES, Document, asset, page
from src.controller.home_page.negotiation import prefers_json
from src.controller.home_page.open_pages import OpenPages
from src.controller.page_headers import NO_FRAMES, PAGE_HEADERS
from src.settings import PageLink

NOT_MODIFIED: Final = 304
VARY: Final = "Accept, X-Forwarded-Prefix"
# The page loads its own files and asks its own server, nothing else; markup cannot carry scripts or styles.
CONTENT_SECURITY_POLICY: Final = (
    f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; {NO_FRAMES}"
)
# `no-cache` is to ask each time, and to load again only what another image has changed.
_HEADERS: Final = {"Cache-Control": "no-cache", **PAGE_HEADERS}
_LINKS: Final = ("docs", "redoc", "openapi.json", "model", "ready", "health", "metrics")


def add_home_page(app: FastAPI, links: tuple[PageLink, ...]) -> None:
    """Serve the page and its files.

    Args:
        app: The application.
        links: Other pages of the stack.
    """
    open_pages = OpenPages(links)

    async def home(request: Request) -> Response:
        root = _root(request)
        if prefers_json(request.headers.get("accept", "")):
            content = {
                "service": app.title,
                "links": {name.partition(".")[0]: root + name for name in _LINKS},
                "pages": await open_pages.describe(),
            }
            return JSONResponse(content, headers={**_HEADERS, "Vary": VARY})
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY, "Vary": VARY}
        return _response(request, page(root), "text/html; charset=utf-8", headers)

    app.router.routes.append(Route("/", home))
    for name, media_type in MEDIA_TYPES.items():
        app.router.routes.append(Route(f"{ASSETS}/{name}", partial(_file, name, media_type), methods=["GET"]))


async def _file(name: str, media_type: str, request: Request) -> Response:
    return _response(request, asset(name), media_type, {})


def _root(request: Request) -> str:
    """The service's root for a browser, which may have opened `/ml` or `/ml/`: absolute where the prefix is known."""
    prefix: str = request.scope["root_path"]
    return f"{prefix}/" if prefix else "./"


def _response(request: Request, document: Document, media_type: str, headers: dict[str, str]) -> Response:
    headers = {**_HEADERS, **headers, "ETag": document.etag}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if document.etag in known or "*" in known:
        return Response(status_code=NOT_MODIFIED, headers=headers)
    return Response(document.content, headers=headers, media_type=media_type)
