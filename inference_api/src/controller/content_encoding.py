"""Decodes compressed request bodies, up to the size limit of a body."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from typing import Final

from src.errors import BodyTooLargeError, DamagedBodyError, UnsupportedEncodingError

ACCEPTED: Final = ("gzip", "deflate")
_GZIP: Final = frozenset({"gzip", "x-gzip"})  # https://www.rfc-editor.org/rfc/rfc9110.html#section-8.4.1.3
_SUPPORTED: Final = _GZIP | {"deflate"}
MAX_ENCODINGS: Final = 3
MAX_MEMBERS: Final = 100
"""The bytes after each member are copied: a megabyte of empty members would block the event loop for seconds."""
MAX_SHOWN: Final = 40
_GZIP_HEADER: Final = 16 + zlib.MAX_WBITS
_HIGHEST_BYTE: Final = 256


def encodings_of(values: Iterable[str]) -> list[str]:
    """The encodings of a body, in the order in which they were applied.

    Args:
        values: The value of each `Content-Encoding` header.

    Raises:
        UnsupportedEncodingError: When one is not supported, or there are too many.
    """
    names = [name.strip().lower() for value in values for name in value.split(",")]
    found = [name for name in names if name not in {"", "identity"}]
    unknown = next((name for name in found if name not in _SUPPORTED), None)
    understood = f"send the body as {' or '.join(ACCEPTED)}, or as it is"
    if unknown is not None:
        raise UnsupportedEncodingError(f"Content-Encoding: {unknown[:MAX_SHOWN]} is not understood; {understood}")
    if len(found) > MAX_ENCODINGS:
        shown = ", ".join(found)[:MAX_SHOWN]
        raise UnsupportedEncodingError(
            f"Content-Encoding: {shown} is more than {MAX_ENCODINGS} encodings; {understood}"
        )
    return found


def decode(body: bytes, encodings: list[str], limit: int) -> bytes:
    """Undo the encodings of a body.

    Args:
        body: The encoded body.
        encodings: The result of `encodings_of`.
        limit: The most bytes of the result, and of each intermediate result.

    Raises:
        BodyTooLargeError: When the result would be longer; no more than the limit is decompressed.
        DamagedBodyError: When the body cannot be decoded.
    """
    for name in reversed(encodings):
        body = _gunzip(body, name, limit) if name in _GZIP else _undeflate(body, name, limit)
    return body


def _gunzip(body: bytes, name: str, limit: int) -> bytes:
    found = bytearray()
    for _member in range(MAX_MEMBERS):
        part, body = _inflate(body, _GZIP_HEADER, name, limit, limit - len(found))
        found += part
        if not body.strip(b"\0"):  # some programs pad the last block with zeros
            return bytes(found)
    raise _damaged(name, f"it has more than {MAX_MEMBERS} members")


def _undeflate(body: bytes, name: str, limit: int) -> bytes:
    """RFC 9110 defines deflate as the zlib format; some clients send the stream without the zlib header."""
    has_header = len(body) > 1 and body[0] & 15 == zlib.DEFLATED and (body[0] * _HIGHEST_BYTE + body[1]) % 31 == 0
    found, rest = _inflate(body, zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS, name, limit, limit)
    if rest:
        raise _damaged(name, "something follows its end")
    return found


def _inflate(body: bytes, window: int, name: str, limit: int, room: int) -> tuple[bytes, bytes]:
    """Decompress one stream of at most `room` bytes; returns them and the bytes after the stream."""
    stream = zlib.decompressobj(window)
    try:
        found = stream.decompress(body, room + 1)
    except zlib.error as error:
        raise _damaged(name, str(error).rpartition(": ")[2]) from None
    if len(found) > room:
        raise BodyTooLargeError(f"the body is over the limit of {limit} bytes when its {name} is undone")
    if not stream.eof:
        raise _damaged(name, "it ends too early")
    return found, stream.unused_data


def _damaged(name: str, reason: str) -> DamagedBodyError:
    return DamagedBodyError(f"the body is not valid {name}, which its Content-Encoding says: {reason}")
