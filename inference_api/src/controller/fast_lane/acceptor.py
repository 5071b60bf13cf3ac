"""A listening socket whose connections go to the fast lane."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Callable
from typing import Final

# uvloop accepts one connection per iteration of the event loop: with a small CPU quota and 1,000 new users a second,
# some would wait for seconds.
ACCEPTS_PER_EVENT: Final = 64
_EXHAUSTED: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_EXHAUSTED_PAUSE_SECONDS: Final = 1.0


class Acceptor:
    """Accepts connections until it is closed."""

    def __init__(self, listener: socket.socket, add: Callable[[socket.socket], None]) -> None:
        """Start to accept; call inside the running loop.

        Args:
            listener: A listening stream socket, TCP or Unix.
            add: Called with each new connection, which is non-blocking.
        """
        self._listener = listener
        self._add = add
        self._loop = asyncio.get_running_loop()
        self._pause: asyncio.TimerHandle | None = None
        listener.settimeout(0)
        self._open()

    def close(self) -> None:
        """Stop accepting; the caller closes the socket."""
        if self._pause is not None:
            self._pause.cancel()
        self._loop.remove_reader(self._listener.fileno())

    def _open(self) -> None:
        self._pause = None
        self._loop.add_reader(self._listener.fileno(), self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTS_PER_EVENT):
            try:
                connection, _address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                # The connections wait in the kernel's queue; retrying at once would take the whole core.
                self._loop.remove_reader(self._listener.fileno())
                self._pause = self._loop.call_later(_EXHAUSTED_PAUSE_SECONDS, self._open)
                return
            connection.settimeout(0)
            if connection.family != socket.AF_UNIX:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._add(connection)
