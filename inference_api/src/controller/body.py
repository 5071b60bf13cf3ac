"""Reads the JSON body of a request, up to a limit."""

from __future__ import annotations

from fastapi import Request

from src.controller.content_encoding import decode, encodings_of
from src.errors import BodyTooLargeError, UnsupportedMediaTypeError


async def read_json_body(request: Request, limit: int) -> bytes:
    """Read the body and undo its content encoding.

    Args:
        request: The request.
        limit: The most bytes accepted; a chunked body is counted while it arrives.

    Raises:
        UnsupportedMediaTypeError: When it is declared with another media type than JSON.
        UnsupportedEncodingError: When its encoding is not supported.
        DamagedBodyError: When it cannot be decoded.
        BodyTooLargeError: When it is over the limit, encoded or decoded.
    """
    headers = request.headers
    media_type = headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise UnsupportedMediaTypeError("send the body as JSON with the header Content-Type: application/json")
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
