"""The pages `/docs` and `/redoc`, which load nothing from the internet and use only relative URLs.

A reverse proxy may publish the service under any prefix. URLs relative to the page work under every prefix, also when
the proxy does not send the prefix (https://github.com/fastapi/fastapi/issues/1977).
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import fastapi_offline
from fastapi import FastAPI, Request, Response
from fastapi.openapi.docs import get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.routing import Route
from starlette.types import Scope

from src.controller.page_headers import NO_FRAMES, PAGE_HEADERS

ASSETS: Final = "/static-offline-docs"
# Both pages have scripts and styles of their own within the page.
_HEADERS: Final = {"Content-Security-Policy": f"object-src 'none'; {NO_FRAMES}", **PAGE_HEADERS}
_FOLDER: Final = Path(fastapi_offline.__file__).with_name("static")
_HEAD: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="shortcut icon" href="{root}/static-offline-docs/favicon.png">
"""
_SWAGGER: Final = """<link rel="stylesheet" href="{root}/static-offline-docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="{root}/static-offline-docs/swagger-ui-bundle.js"></script>
<script>
SwaggerUIBundle({{
  url: '{root}/openapi.json',
  dom_id: '#swagger-ui',
  layout: 'BaseLayout',
  deepLinking: true,
  showExtensions: true,
  showCommonExtensions: true,
  oauth2RedirectUrl: new URL('{root}/docs/oauth2-redirect', location.href).href,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
}})
</script>
</body>
</html>
"""
# ReDoc loads a logo from its vendor's server and has no option against it. This script blocks that request.
_REDOC: Final = """<style>body {{ margin: 0; padding: 0; }}</style>
</head>
<body>
<noscript>This page needs JavaScript.</noscript>
<script>
const image = HTMLImageElement.prototype;
const source = Object.getOwnPropertyDescriptor(image, 'src');
const setAttribute = image.setAttribute;
const without = (element, value, set) => {{
  if (String(value).startsWith('https://cdn.redoc.ly/')) element.hidden = true;
  else set();
}};
Object.defineProperty(image, 'src', {{
  ...source,
  set(value) {{ without(this, value, () => source.set.call(this, value)); }},
}});
image.setAttribute = function (name, value) {{
  without(this, name === 'src' ? value : '', () => setAttribute.call(this, name, value));
}};
</script>
<redoc spec-url="{root}/openapi.json"></redoc>
<script src="{root}/static-offline-docs/redoc.standalone.js"></script>
</body>
</html>
"""


def add_pages(app: FastAPI) -> None:
    """Serve the OpenAPI document, both pages, and their scripts.

    Args:
        app: The application; FastAPI's own pages must be off.
    """

    async def openapi(request: Request) -> Response:
        same_folder = {"url": root_of(request.scope), "description": "where this document is"}
        prefix = request.scope["root_path"]
        document = {**app.openapi(), "servers": [{"url": prefix} if prefix else same_folder]}
        return JSONResponse(document, headers={"Vary": "X-Forwarded-Prefix", **PAGE_HEADERS})

    async def swagger(request: Request) -> Response:
        return _page(_HEAD + _SWAGGER, f"{app.title} - Swagger UI", request)

    async def redoc(request: Request) -> Response:
        return _page(_HEAD + _REDOC, f"{app.title} - ReDoc", request)

    async def oauth_redirect(_request: Request) -> Response:
        found = get_swagger_ui_oauth2_redirect_html()
        found.headers.update(_HEADERS)
        return found

    app.router.routes += [
        Route("/openapi.json", openapi),
        Route("/docs", swagger),
        Route("/docs/oauth2-redirect", oauth_redirect),
        Route("/redoc", redoc),
    ]
    app.mount(ASSETS, StaticFiles(directory=_FOLDER))


def root_of(scope: Scope) -> str:
    """The service's root relative to a page's URL; a slash at the end of the URL is one more level for a browser."""
    return ".." if scope.get("raw_path", b"").endswith(b"/") else "."


def _page(template: str, title: str, request: Request) -> Response:
    return HTMLResponse(template.format(title=title, root=root_of(request.scope)), headers=_HEADERS)
