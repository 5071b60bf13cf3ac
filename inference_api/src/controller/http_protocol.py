"""uvicorn's HTTP protocol, with other handling of slow requests, of requests with `Upgrade`, and of invalid ones.

uvicorn waits for a request without an end, and the gateway for a body that is larger than its buffer. A client that
sends a byte now and then would keep its connection, and what it has sent, for days.

Some clients, such as Java's, offer HTTP/2 in their first request (`Upgrade: h2c`). A server may ignore the offer and
respond as usual, https://www.rfc-editor.org/rfc/rfc9110.html#section-7.8. httptools stops reading at such a head, and
uvicorn loses the request's body: https://github.com/Kludex/uvicorn/issues/2722.
"""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import ClassVar, Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from src.errors import ApiError, RequestTimeoutError, UnreadableRequestError

REQUEST_SECONDS: Final = 60
"""From the first byte of a request to its last: 1 MiB, the largest body, at 140 kbit/s."""
TOO_SLOW: Final = "the request did not arrive as a whole in time"
UNREADABLE: Final = "the request cannot be read as HTTP/1.1"
_CONNECT: Final = b"CONNECT"


def closing_response(error: ApiError, default_headers: list[tuple[bytes, bytes]]) -> bytes:
    """An error response with which the connection ends.

    Args:
        error: The error.
        default_headers: uvicorn's headers of the moment.
    """
    body = error.body()
    headers = [
        *default_headers,
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(body)),
        (b"connection", b"close"),
    ]
    lines = b"".join(b"%b: %b\r\n" % header for header in headers)
    phrase = HTTPStatus(error.status).phrase.encode()
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (error.status, phrase, lines, body)


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol; a request head with `Upgrade` is parsed again without that header.

    Attributes:
        request_seconds: How long a request may take to arrive.
    """

    request_seconds: ClassVar[float] = REQUEST_SECONDS
    _deadline: asyncio.TimerHandle | None = None
    _has_head: bool = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Wait for the first request."""
        super().connection_made(transport)
        self._set_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._unset_deadline()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Wait for the rest of the request."""
        super().on_message_begin()
        self._has_head = False
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        """Parse received bytes; a head with `Upgrade` is parsed again without it, and parsing goes on after it."""
        self._unset_keepalive_if_required()
        rest = memoryview(data)
        try:
            while True:
                try:
                    self.parser.feed_data(rest)
                except httptools.HttpParserUpgrade as offer:
                    rest = rest[offer.args[0] :]
                    self._read_without_upgrade()
                else:
                    return
        except httptools.HttpParserError:
            self.logger.warning(UNREADABLE)
            self.send_400_response(UNREADABLE)

    def on_headers_complete(self) -> None:
        """Start the request, unless its head will be parsed again."""
        self._has_head = True
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request's body, unless its head will be parsed again."""
        if not self.parser.should_upgrade():
            self._unset_deadline()
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Send 400 with the JSON body of all errors and close the connection.

        Args:
            msg: What is wrong.
        """
        self._end_with(UnreadableRequestError(msg))

    def _set_deadline(self) -> None:
        self._unset_deadline()
        self._deadline = self.loop.call_later(self.request_seconds, self._on_deadline)

    def _unset_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _on_deadline(self) -> None:
        in_progress = self.cycle is not None and not self.cycle.response_complete
        if self.flow.read_paused or (in_progress and not self._has_head):
            self._set_deadline()  # the delay is this side's: the body is not taken, or an earlier request not answered
        elif self.scope is None or (self._has_head and self.cycle.response_started):
            self.transport.close()  # there is no request, or it has its response already
        else:
            self._end_with(RequestTimeoutError(TOO_SLOW))

    def _end_with(self, error: ApiError) -> None:
        self.transport.write(closing_response(error, self.server_state.default_headers))
        self.transport.close()

    def _read_without_upgrade(self) -> None:
        method, version = self.parser.get_method(), self.parser.get_http_version().encode()
        if method == _CONNECT:  # requests a tunnel with or without the header
            raise httptools.HttpParserInvalidMethodError
        kept = b"".join(b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        head = b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, kept)
        # After an upgrade the old parser accepts no more data.
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
        self.parser.feed_data(head)
