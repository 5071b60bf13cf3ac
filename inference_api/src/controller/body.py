"""Reads the body of a request, up to a limit."""

from __future__ import annotations

from collections.abc import Collection

from fastapi import Request

from src.controller.content_encoding import decode, encodings_of
from src.controller.protocols.endpoint import JSON
from src.errors import BodyTooLargeError, UnsupportedMediaTypeError


def media_type_of(content_type: str | None) -> str:
    """The media type in a `Content-Type` header, in lower case and without parameters; JSON without the header."""
    return JSON if content_type is None else content_type.partition(";")[0].strip().lower()


async def read_body(request: Request, media_types: Collection[str], limit: int) -> bytes:
    """Read the body and undo its content encoding.

    Args:
        request: The request.
        media_types: Those that are accepted.
        limit: The most bytes accepted; a chunked body is counted while it arrives.

    Raises:
        UnsupportedMediaTypeError: When it is declared with another media type.
        UnsupportedEncodingError: When its encoding is not supported.
        DamagedBodyError: When it cannot be decoded.
        BodyTooLargeError: When it is over the limit, encoded or decoded.
    """
    headers = request.headers
    if media_type_of(headers.get("content-type")) not in media_types:
        names = " or ".join(sorted(media_types))
        kind = "as JSON " if media_types == {JSON} else ""
        raise UnsupportedMediaTypeError(f"send the body {kind}with the header Content-Type: {names}")
    encodings = encodings_of(headers.getlist("content-encoding"))
    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise BodyTooLargeError(f"the body is over the limit of {limit} bytes")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise BodyTooLargeError(f"the body is over the limit of {limit} bytes")
    return decode(bytes(body), encodings, limit)
