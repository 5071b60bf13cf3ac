"""Every answer carries an `X-Request-ID`: the client's own, when it is a reasonable one, else a new one."""

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
    """The client's id when it is a reasonable one, else nothing."""
    return given if _ACCEPTED.fullmatch(given) else b""


class RequestIds:
    """Ids that no other process gives."""

    def __init__(self) -> None:
        """Draw what they begin with."""
        self._prefix = secrets.token_hex(6).encode()
        self._count = itertools.count(1)

    def new(self) -> bytes:
        """The next one."""
        return b"%b-%x" % (self._prefix, next(self._count))


class RequestIdMiddleware:
    """ASGI middleware that names the request for its logs and its answer."""

    def __init__(self, app: ASGIApp, failures: FailureLog) -> None:
        """Wrap the application.

        Args:
            app: The application.
            failures: Which of its exceptions were logged.
        """
        self._app = app
        self._failures = failures
        self._ids = RequestIds()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Name an HTTP request; pass everything else on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
        name = accepted(given) or self._ids.new()
        logs.request_id.set(name.decode())

        started = False

        async def send_named(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], (_HEADER, name)]
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        except Exception as error:
            if started:
                raise  # too late for another answer: the server closes the connection
            answer = unexpected(error, self._failures)
            log_failure(answer, name.decode(), scope["path"][:MAX_PATH])
            await error_response(answer)(scope, receive, send_named)
