"""The upper limit of a framework on uvicorn: the smallest ASGI application, with a constant response."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

_BODY = b'{"prediction":123.456}'
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))],
}
_END = {"type": "http.response.body", "body": _BODY}
_BACKLOG = 16_384


async def constant(
    _scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Read the request and send the constant response."""
    await receive()
    await send(_START)
    await send(_END)


if __name__ == "__main__":
    uvicorn.run(
        constant,
        port=int(sys.argv[1]),
        http="httptools",
        loop="uvloop",
        ws="none",
        lifespan="off",
        backlog=_BACKLOG,
        access_log=False,
        server_header=False,
        log_level="warning",
    )
