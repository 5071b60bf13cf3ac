"""Every response has an `X-Request-ID`: the client's own when it is valid, else a new one."""

from __future__ import annotations

import itertools
import re
import secrets
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from src import logs
from src.controller.error_responses import MAX_PATH, error_response, unexpected
from src.failure_log import FailureLog, log_failure

_HEADER: Final = b"x-request-id"
_ACCEPTED: Final = re.compile(rb"[\w.:/+=@-]{1,128}")


def accepted(given: bytes) -> bytes:
    """The client's id when it is valid, else empty."""
    return given if _ACCEPTED.fullmatch(given) else b""


class RequestIds:
    """Generates ids that are unique across processes."""

    def __init__(self) -> None:
        """Choose a random prefix."""
        self._prefix = secrets.token_hex(6).encode()
        self._count = itertools.count(1)

    def new(self) -> bytes:
        """The next one."""
        return b"%b-%x" % (self._prefix, next(self._count))


class RequestIdMiddleware:
    """ASGI middleware that sets the request's id in its logs and its response, and handles unexpected exceptions."""

    def __init__(self, app: ASGIApp, failures: FailureLog) -> None:
        """Wrap the application.

        Args:
            app: The application.
            failures: Which exceptions were logged.
        """
        self._app = app
        self._failures = failures
        self._ids = RequestIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Set the id of an HTTP request; pass other scopes on unchanged."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
        request_id = accepted(given) or self._ids.new()
        logs.request_id.set(request_id.decode())

        started = False

        async def send_with_id(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (_HEADER, request_id)]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception as error:
            if started:
                raise  # the response has begun, so that no other can be sent: the server closes the connection
            answer = unexpected(error, self._failures)
            log_failure(answer, request_id.decode(), scope["path"][:MAX_PATH])
            await error_response(answer)(scope, receive, send_with_id)
