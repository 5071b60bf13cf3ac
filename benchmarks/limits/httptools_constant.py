"""The upper limit of a Python server here: llhttp and uvloop, with a constant response."""

from __future__ import annotations

import asyncio
import sys

import httptools
import uvloop

_BODY = b'{"prediction":123.456}'
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
_BACKLOG = 16_384


class Constant(asyncio.Protocol):
    """Parses each request and sends the constant response."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for the responses."""
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        """Parse bytes of the client."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """Send the response after a complete request."""
        self._transport.write(_ANSWER)  # type: ignore[attr-defined]  # typed as the base of readers and writers


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Constant, "127.0.0.1", port, backlog=_BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
