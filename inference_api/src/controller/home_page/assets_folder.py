"""The files of the page: small texts, read once at the first request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Final

ASSETS: Final = "/static-home-page"
MEDIA_TYPES: Final = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "fields.js": "text/javascript; charset=utf-8",
    "request_code.js": "text/javascript; charset=utf-8",
    "texts.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
"""Every file that the page loads, with its media type."""

_FOLDER: Final = Path(__file__).with_name("assets")


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a response.

    Attributes:
        content: Its bytes.
        etag: A digest of them: a file of a newer image differs even where its size and its time are the same.
    """

    content: bytes
    etag: str


@cache
def asset(name: str) -> Document:
    """One of the files that the page loads.

    Args:
        name: A key of `MEDIA_TYPES`.
    """
    return _document((_FOLDER / name).read_bytes())


def page(root: str) -> Document:
    """The page.

    Args:
        root: URL of the service's root for a browser, with a slash at its end; of characters that HTML leaves alone.
    """
    return _document(_template().replace(b"{root}", root.encode()))


@cache
def _template() -> bytes:
    return (_FOLDER / "page.html").read_bytes()


def _document(content: bytes) -> Document:
    return Document(content, f'"{sha256(content).hexdigest()[:32]}"')
