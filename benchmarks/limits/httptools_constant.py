"""As fast as Python gets here: llhttp and uvloop, and an answer that was ready before the question."""

from __future__ import annotations

import asyncio
import sys

import httptools
import uvloop

_BODY = b'{"prediction":123.456}'
_ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(_BODY), _BODY)
_BACKLOG = 16_384


class Constant(asyncio.Protocol):
    """Parses each request and says the same to all."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is there."""
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        """A whole request is there."""
        self._transport.write(_ANSWER)  # type: ignore[attr-defined]  # typed as the base of readers and writers


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(Constant, "127.0.0.1", port, backlog=_BACKLOG)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1])))
