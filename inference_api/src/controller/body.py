"""A request's JSON body, within its limits."""

from __future__ import annotations

from fastapi import Request

from src.controller.content_encoding import encodings_of, undo
from src.errors import BodyTooLargeError, UnsupportedMediaTypeError


async def read_json_body(request: Request, limit: int) -> bytes:
    """Read the body.

    Args:
        request: The request.
        limit: The most bytes accepted; a chunked body is counted as it comes.

    Raises:
        UnsupportedMediaTypeError: When it is declared as something else than JSON.
        UnsupportedEncodingError: When it has an encoding that is not understood.
        DamagedBodyError: When it is not what its encoding says.
        BodyTooLargeError: When it is over the limit, as it comes or when its encoding is undone.
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
    return undo(bytes(body), encodings, limit)
