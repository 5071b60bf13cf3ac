"""uvicorn's HTTP protocol for clients that offer another protocol, and for what is no HTTP.

Java's HTTP client, among others, offers HTTP/2 with its first request (`Upgrade: h2c`). A server may ignore that and
answer as usual, https://www.rfc-editor.org/rfc/rfc9110.html#section-7.8. httptools stops reading at such a head, and
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
    """uvicorn's protocol; a request with `Upgrade` is read once more without that header."""

    def data_received(self, data: bytes) -> None:
        """Read what has come; a head with `Upgrade` is read again without it, and what follows goes on as usual."""
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
        """Start the request, unless its head is to be read again."""
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request's body; that of a head that is to be read again has not begun."""
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read, in the shape of every other error, and close.

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
        if method == _CONNECT:  # asks for a tunnel with or without the header
            raise httptools.HttpParserInvalidMethodError
        kept = b"".join(b"%b: %b\r\n" % header for header in self.headers if header[0] != b"upgrade")
        head = b"%b %b HTTP/%b\r\n%b\r\n" % (method, self.url, version, kept)
        # A parser that has stopped for another protocol cannot go on.
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn's own
        self.parser.feed_data(head)
