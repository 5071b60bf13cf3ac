"""A request's body within its limits."""

import gzip
from collections.abc import Iterable
from typing import Any

import pytest
from fastapi import Request

from src.controller.body import read_body
from src.controller.protocols.endpoint import JSON
from src.errors import BodyTooLargeError, UnsupportedEncodingError, UnsupportedMediaTypeError

LIMIT = 10


class Chunks:
    """Delivers a body in parts, and counts how many were reads for."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        """Keep the parts."""
        self._parts = [*parts]
        self.reads = 0

    async def __call__(self) -> Any:
        """The next part."""
        self.reads += 1
        more = self.reads < len(self._parts)
        return {"type": "http.request", "body": self._parts[self.reads - 1], "more_body": more}


def request(chunks: Chunks, **headers: str) -> Request:
    """A request with these headers."""
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "headers": raw}, chunks)


@pytest.mark.parametrize("parts", [[b""], [b"{}"], [b"x" * LIMIT], [b"{", b"", b"}"], [b"x"] * LIMIT])
async def test_within_the_limit(parts: list[bytes]) -> None:
    """A body up to the limit is read whole, in however many parts it arrives."""
    assert await read_body(request(Chunks(parts)), {JSON}, LIMIT) == b"".join(parts)


async def test_declared_too_large() -> None:
    """A body that is declared too large is refused before any of it is read."""
    chunks = Chunks([b"x" * 100])
    with pytest.raises(BodyTooLargeError, match="limit of 10 bytes"):
        await read_body(request(chunks, content_length="11"), {JSON}, LIMIT)
    assert chunks.reads == 0


@pytest.mark.parametrize("headers", [{}, {"content_length": "5"}, {"content_length": "-1"}, {"content_length": "x"}])
async def test_longer_than_declared(headers: dict[str, str]) -> None:
    """A body without a length, or with a wrong one, is counted while it arrives; reading stops at the limit."""
    chunks = Chunks([b"x" * 6] * 1000)
    with pytest.raises(BodyTooLargeError):
        await read_body(request(chunks, **headers), {JSON}, LIMIT)
    assert chunks.reads == 2


async def test_compressed() -> None:
    """A compressed body is decoded, in however many parts it arrives; the limit applies before and after decoding."""
    packed = gzip.compress(b"{}")
    cut = Chunks([packed[:5], packed[5:]])
    assert await read_body(request(cut, content_encoding="gzip"), {JSON}, 100) == b"{}"
    with pytest.raises(BodyTooLargeError, match="limit of 30 bytes when"):
        await read_body(request(Chunks([gzip.compress(b"x" * 31)]), content_encoding="gzip"), {JSON}, 30)
    with pytest.raises(BodyTooLargeError, match=r"the body is over the limit of 10 bytes$"):
        await read_body(request(Chunks([packed]), content_encoding="gzip"), {JSON}, LIMIT)


async def test_unsupported_encoding_is_refused_unread() -> None:
    """A body that cannot be decoded is refused before any of it is read."""
    chunks = Chunks([b"x"])
    with pytest.raises(UnsupportedEncodingError, match="Content-Encoding: br is not understood"):
        await read_body(request(chunks, content_encoding="br"), {JSON}, LIMIT)
    assert chunks.reads == 0


@pytest.mark.parametrize("media_type", ["application/json", "Application/JSON", "application/json; charset=utf-8"])
async def test_json(media_type: str) -> None:
    """JSON may be declared in any case and with a charset."""
    assert await read_body(request(Chunks([b"{}"]), content_type=media_type), {JSON}, LIMIT) == b"{}"


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "text/json", "json", ""])
async def test_not_json(media_type: str) -> None:
    """A body with another media type is refused; the error says what to send."""
    with pytest.raises(UnsupportedMediaTypeError, match="Content-Type: application/json"):
        await read_body(request(Chunks([b"{}"]), content_type=media_type), {JSON}, LIMIT)
