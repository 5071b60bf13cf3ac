"""Reads one HTTP/1.1 response: the part of the protocol that an answer to a prediction needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

_HEAD_END = b"\r\n\r\n"
_FINAL_STATUS = 200
_NO_BODY = frozenset({204, 304})
_MAX_HEAD_BYTES = 64 * 1024
_MAX_BODY_BYTES = 16 * 1024 * 1024


class MalformedResponseError(Exception):
    """What the server sent is not an HTTP/1.1 response."""


class ClosedWithoutAnswerError(Exception):
    """The server closed the connection before the response was complete."""


@dataclass(frozen=True, slots=True)
class Response:
    """One answer.

    Attributes:
        status: Status code.
        body: The body, chunks joined.
        keep_alive: Whether the connection may be used again.
    """

    status: int
    body: bytes
    keep_alive: bool


def read_response(receive: Callable[[], bytes]) -> Response:
    """Read a response from a function that returns the next bytes, or no bytes at the end of the connection.

    Raises:
        MalformedResponseError: When the bytes are not HTTP.
        ClosedWithoutAnswerError: When they end before the response is complete.
    """
    reader = _Reader(receive)
    status = 0
    head = b""
    # Interim responses (100, 103) come before the final one.
    while status < _FINAL_STATUS:
        head = reader.until(_HEAD_END, _MAX_HEAD_BYTES)
        status = _status(head)
    # Header names are case-insensitive, and so are the values that are read here.
    fields = b"\r\n" + head.partition(b"\r\n")[2].lower() + b"\r\n"
    keep_alive = head[:8] == b"HTTP/1.1"
    connection = _field(fields, b"connection")
    if connection is not None:
        keep_alive = b"close" not in connection and (keep_alive or b"keep-alive" in connection)
    length = _field(fields, b"content-length")
    if status in _NO_BODY:
        body = b""
    elif b"chunked" in (_field(fields, b"transfer-encoding") or b""):
        body = _chunks(reader)
    elif length is not None:
        body = reader.exactly(_decimal(length))
    else:
        body, keep_alive = reader.rest(), False
    # More bytes than the response has: they would be read as the next response, so the connection is closed.
    return Response(status, body, keep_alive and not reader.buffer)


class _Reader:
    """Buffers bytes that were received and not read yet."""

    __slots__ = ("_receive", "buffer")

    def __init__(self, receive: Callable[[], bytes]) -> None:
        self._receive = receive
        self.buffer = b""

    def _more(self) -> None:
        data = self._receive()
        if not data:
            raise ClosedWithoutAnswerError
        self.buffer += data

    def until(self, delimiter: bytes, limit: int) -> bytes:
        """Read up to a delimiter, which is dropped."""
        while (end := self.buffer.find(delimiter)) < 0:
            if len(self.buffer) > limit:
                raise MalformedResponseError("a line or the head is too long")
            self._more()
        taken, self.buffer = self.buffer[:end], self.buffer[end + len(delimiter) :]
        return taken

    def exactly(self, size: int) -> bytes:
        """Read exactly this many bytes."""
        while len(self.buffer) < size:
            self._more()
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def rest(self) -> bytes:
        """Read everything up to the end of the connection."""
        while data := self._receive():
            self.buffer += data
            if len(self.buffer) > _MAX_BODY_BYTES:
                raise MalformedResponseError("the body is too long")
        taken, self.buffer = self.buffer, b""
        return taken


def _status(head: bytes) -> int:
    code = head[9:12]
    if head[:7] != b"HTTP/1." or head[8:9] != b" " or not code.isdigit():
        raise MalformedResponseError("no HTTP/1 status line")
    return int(code)


def _field(fields: bytes, name: bytes) -> bytes | None:
    """The value of a header field; None when it is missing."""
    start = fields.find(b"\r\n" + name + b":")
    if start < 0:
        return None
    start += len(name) + 3
    return fields[start : fields.find(b"\r\n", start)].strip()


def _decimal(text: bytes) -> int:
    if not text.isdigit() or int(text) > _MAX_BODY_BYTES:
        raise MalformedResponseError("no usable content-length")
    return int(text)


def _chunks(reader: _Reader) -> bytes:
    body = b""
    while True:
        line = reader.until(b"\r\n", _MAX_HEAD_BYTES).partition(b";")[0].strip()
        try:
            size = int(line, 16)
        except ValueError:
            raise MalformedResponseError("no chunk size") from None
        if size < 0 or len(body) + size > _MAX_BODY_BYTES:
            raise MalformedResponseError("the body is too long")
        if size == 0:
            break
        body += reader.exactly(size)
        if reader.exactly(2) != b"\r\n":
            raise MalformedResponseError("a chunk does not end where it should")
    # Trailer fields, up to the empty line.
    while reader.until(b"\r\n", _MAX_HEAD_BYTES):
        pass
    return body
