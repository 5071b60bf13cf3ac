"""The id of each request."""

from typing import Any

import pytest

from src import logs
from src.controller.request_id import RequestIdMiddleware
from src.failure_log import FailureLog


class EchoApp:
    """Responds with the id that its log records would have."""

    async def __call__(self, scope: Any, _receive: Any, send: Any) -> None:
        """Respond; for a lifespan, send its type only."""
        if scope["type"] != "http":
            await send({"type": scope["type"]})
            return
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x", b"y")]})
        await send({"type": "http.response.body", "body": logs.request_id.get().encode()})


class LateFailure:
    """Fails after its response has begun."""

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        """Begin, then raise."""
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError("late")


async def ask(app: Any, *given: bytes, kind: str = "http") -> list[Any]:
    """The messages that are sent for a request with some ids."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"x-request-id", value) for value in given]
    await app({"type": kind, "path": "/", "headers": headers}, None, send)
    return sent


async def named(app: Any, *given: bytes) -> bytes:
    """The id in the response, which is the id in the logs."""
    start, body = await ask(app, *given)
    found = dict(start["headers"])
    assert found[b"x"] == b"y"
    assert found[b"x-request-id"] == body["body"]
    return bytes(body["body"])


@pytest.mark.parametrize("given", [b"abc-1", b"a" * 128, b"550e8400-e29b-41d4-a716-446655440000", b"a.b:c/d+e=f@g_h"])
async def test_clients_own_id(given: bytes) -> None:
    """A valid id of the client is kept, in the response and in the logs."""
    assert await named(RequestIdMiddleware(EchoApp(), FailureLog()), given) == given


@pytest.mark.parametrize("given", [b"", b"a" * 129, b"a b", b'"', b"a\nb", b"a\r\nX: y", "ñ".encode(), b"abc\n", b"{}"])
async def test_unusable_id(given: bytes) -> None:
    """An invalid id, which could break a log line or a header, is replaced."""
    found = await named(RequestIdMiddleware(EchoApp(), FailureLog()), given)
    assert found != given
    assert found


async def test_new_ids_differ() -> None:
    """Requests without an id get one each, also across processes."""
    one, other = RequestIdMiddleware(EchoApp(), FailureLog()), RequestIdMiddleware(EchoApp(), FailureLog())
    assert len({await named(app) for app in (one, one, other, other)}) == 4


async def test_other_scopes_pass() -> None:
    """Scopes other than HTTP are passed on unchanged."""
    assert await ask(RequestIdMiddleware(EchoApp(), FailureLog()), kind="lifespan") == [{"type": "lifespan"}]


async def test_failure_after_the_start() -> None:
    """After a response has begun no second one is sent; the server gets the exception and closes the connection."""
    with pytest.raises(RuntimeError, match="late"):
        await ask(RequestIdMiddleware(LateFailure(), FailureLog()))
