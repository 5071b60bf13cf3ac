"""uvicorn with the fast lane in front: uvicorn keeps the lifespan, the signals, the date and every other request."""

from __future__ import annotations

import asyncio
import inspect
import logging
import select
import socket
from collections.abc import Callable
from typing import Any, Final

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from src.controller.fast_lane.acceptor import Acceptor
from src.controller.fast_lane.handler import FastLane
from src.controller.http_protocol import HttpProtocol
from src.settings import Settings

logger = logging.getLogger(__name__)

_PROTOCOL: Final = ("self", "config", "server_state", "app_state")
_STATE: Final = ("connections", "default_headers", "tasks", "total_requests")


class ContinuedProtocol(HttpProtocol):
    """uvicorn's protocol for a connection of which something was read already."""

    def __init__(self, received: bytes, is_closing: Callable[[], bool], *arguments: Any) -> None:
        """Keep it until the transport is there.

        Args:
            received: What was read.
            is_closing: Whether the server has told its connections already that it ends.
            arguments: Of uvicorn's protocol.
        """
        super().__init__(*arguments)
        self._received = received
        self._is_closing = is_closing

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """Go on where the lane stopped."""
        super().connection_made(transport)
        self.data_received(self._received)
        if self._is_closing():
            self.shutdown()


class LaneServer(uvicorn.Server):
    """A uvicorn server whose connections begin in the fast lane."""

    def __init__(self, config: uvicorn.Config, app: FastAPI, settings: Settings) -> None:
        """Prepare; the lane opens with the server.

        Args:
            config: uvicorn's configuration.
            app: The application; its state holds what the lane shares with it.
            settings: The service's settings.
        """
        super().__init__(config)
        self._app = app
        self._settings = settings
        self._acceptors: list[Acceptor] = []
        self._lane: FastLane | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, then listen."""
        await super().startup(sockets=[])
        state = self._app.state
        self._lane = FastLane(
            state.serving,
            state.metrics,
            self._settings,
            state.endpoints,
            default_headers=lambda: self.server_state.default_headers,
            hand_over=self._hand_over,
        )
        state.metrics.add_waiting(requests=self._lane.requests_in_flight, rows=self._lane.waiting_rows)
        self._acceptors = [Acceptor(listener, self._lane.add) for listener in sockets or []]

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, answer what has arrived, then let uvicorn end what it has."""
        for acceptor in self._acceptors:
            acceptor.close()
        if self._lane is not None:
            # Among uvicorn's own tasks: it waits for them together, and for no longer than it was told.
            self._keep(asyncio.get_running_loop().create_task(self._lane.close(self._settings.shutdown_seconds)))
        await super().shutdown(sockets)

    def _hand_over(self, connection: socket.socket, received: bytes) -> None:
        loop = asyncio.get_running_loop()

        def protocol() -> ContinuedProtocol:
            return ContinuedProtocol(
                received, lambda: self.should_exit, self.config, self.server_state, self.lifespan.state, loop
            )

        self._keep(loop.create_task(self._connect(loop, protocol, connection)))

    def _keep(self, task: asyncio.Task[None]) -> None:
        self.server_state.tasks.add(task)
        task.add_done_callback(self.server_state.tasks.discard)

    @staticmethod
    async def _connect(loop: asyncio.AbstractEventLoop, protocol: Any, connection: socket.socket) -> None:
        try:
            await loop.connect_accepted_socket(protocol, connection)
        except OSError:  # the client has gone meanwhile
            connection.close()


def build_server(config: uvicorn.Config, app: FastAPI, settings: Settings) -> uvicorn.Server:
    """The server to run: with the lane, or uvicorn alone when the lane is off or cannot work here.

    Args:
        config: uvicorn's configuration.
        app: The application.
        settings: The service's settings.
    """
    if not settings.fast_lane:
        return uvicorn.Server(config)
    problem = lane_problem()
    if problem:
        logger.warning("the fast lane is off, the application's route serves", extra={"reason": problem})
        return uvicorn.Server(config)
    return LaneServer(config, app, settings)


def lane_problem() -> str:
    """What the lane relies on and does not find; empty when it can work."""
    if not hasattr(select, "epoll"):
        return "this system has no epoll"
    for method in (uvicorn.Server.startup, uvicorn.Server.shutdown):
        if "sockets" not in inspect.signature(method).parameters:
            return f"uvicorn {uvicorn.__version__}: Server.{method.__name__} takes no sockets"
    if tuple(inspect.signature(HttpToolsProtocol.__init__).parameters)[: len(_PROTOCOL)] != _PROTOCOL:
        return f"uvicorn {uvicorn.__version__}: HttpToolsProtocol takes other arguments"
    missing = [name for name in _STATE if not hasattr(ServerState(), name)]
    if missing:
        return f"uvicorn {uvicorn.__version__}: its server state has no {', '.join(missing)}"
    return ""
