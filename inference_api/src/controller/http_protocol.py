"""uvicorn's HTTP protocol, with other handling of requests with `Upgrade` and of invalid requests.

Some clients, such as Java's, offer HTTP/2 in their first request (`Upgrade: h2c`). A server may ignore the offer and
respond as usual, https://www.rfc-editor.org/rfc/rfc9110.html#section-7.8. httptools stops reading at such a head, and
uvicorn loses the request's body: https://github.com/Kludex/uvicorn/issues/2722.
"""

from __future__ import annotations

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from src.errors import UnreadableRequestError

UNREADABLE: Final = "the request cannot be read as HTTP/1.1"
_CONNECT: Final = b"CONNECT"


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's protocol; a request head with `Upgrade` is parsed again without that header."""

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
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request's body, unless its head will be parsed again."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Send 400 with the JSON body of all errors and close the connection.

        Args:
            msg: What is wrong.
        """
        body = UnreadableRequestError(msg).body()
        headers = [
            *self.server_state.default_headers,
            (b"content-type", b"application/json"),
            (b"content-length", b"%d" % len(body)),
            (b"connection", b"close"),
        ]
        lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n%b\r\n%b" % (lines, body))
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
