"""One plain keep-alive connection: sends a request, reads its response, opens itself again when it must."""

from __future__ import annotations

import socket as platform
import sys
import time

from gevent import socket

from load.addresses import addresses_of
from load.response import ClosedWithoutAnswerError, Response, read_response
from load.target_url import Target

_TCP_INFO = getattr(platform, "TCP_INFO", None)
# tcpi_bytes_acked in Linux's struct tcp_info, include/uapi/linux/tcp.h.
_BYTES_ACKED = slice(120, 128)
_READ_SIZE = 8192


class Connection:
    """A connection to the API that is opened with its first request.

    A server may close a connection that rests; a request that meets this moment is sent again on a new connection, and
    only then: when nothing of a response came and the server cannot have read the request. A server that reads a
    request and closes has failed, even if a second try would work.
    """

    def __init__(self, target: Target, timeout: float) -> None:
        """Remember where to connect to and for how many seconds a request may take."""
        self._addresses = addresses_of(target)
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._sent = 0
        self._heard = False

    def exchange(self, request: bytes) -> Response:
        """Send a request and read its response.

        Raises:
            OSError: When the network fails or time is up.
            ClosedWithoutAnswerError: When the server closes too early.
            MalformedResponseError: When the server does not speak HTTP.
        """
        deadline = time.monotonic() + self._timeout
        try:
            return self._on_a_kept_connection(request, deadline) or self._on_a_new_connection(request, deadline)
        except BaseException:
            # Whatever is still to come on it, even after a killed user, would be taken for the next answer.
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _on_a_kept_connection(self, request: bytes, deadline: float) -> Response | None:
        """The response, or None when there is no connection, or no longer."""
        if self._socket is None:
            return None
        sent_before = self._sent
        try:
            return self._ask(self._socket, request, deadline)
        except (ConnectionResetError, BrokenPipeError):
            # A kernel resets a connection that was closed before the request came, or was closed with it unread.
            if self._heard:
                raise
        except ClosedWithoutAnswerError:
            if self._heard or self._acknowledged_more_than(sent_before):
                raise
        self.close()
        return None

    def _on_a_new_connection(self, request: bytes, deadline: float) -> Response:
        self._socket = self._addresses.connect(max(0.001, deadline - time.monotonic()))
        self._sent = 0
        return self._ask(self._socket, request, deadline)

    def _ask(self, connection: socket.socket, request: bytes, deadline: float) -> Response:
        def receive() -> bytes:
            # The limit is for the whole request: a server that drips must not get it anew with every byte.
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            data: bytes = connection.recv(_READ_SIZE)
            self._heard = self._heard or bool(data)
            return data

        self._heard = False
        connection.sendall(request)
        self._sent += len(request)
        response = read_response(receive)
        if not response.keep_alive:
            self.close()
        return response

    def _acknowledged_more_than(self, sent_before: int) -> bool:
        """Whether the server's kernel acknowledged bytes beyond the requests that were answered.

        It does so for an open socket, and never for a closed one. An end without a reset after that says that the
        server had read the request.
        """
        if self._socket is None or _TCP_INFO is None:
            return True
        info = self._socket.getsockopt(platform.IPPROTO_TCP, _TCP_INFO, _BYTES_ACKED.stop)
        # The kernel counts the opening of the connection as one byte.
        return int.from_bytes(info[_BYTES_ACKED], sys.byteorder) > sent_before + 1
