"""One keep-alive HTTP connection: sends a request, reads its response, reconnects when the server closed it."""

from __future__ import annotations

import socket as platform
import sys
import time

from gevent import socket, ssl

from load.addresses import addresses_of
from load.response import ClosedWithoutAnswerError, Response, read_response
from load.target_url import TargetUrl

_TCP_INFO = getattr(platform, "TCP_INFO", None)
# tcpi_bytes_acked in Linux's struct tcp_info, include/uapi/linux/tcp.h.
_BYTES_ACKED = slice(120, 128)
_READ_SIZE = 8192


class Connection:
    """A connection to the API that is opened with its first request.

    A server may close an idle connection just when the next request is sent. Such a request is sent again on a new
    connection, but only when no byte of a response came and the server cannot have read the request. A server that
    reads a request and closes has failed, even if a second try would work.
    """

    def __init__(self, target: TargetUrl, timeout: float, tls: ssl.SSLContext | None = None) -> None:
        """Remember where to send.

        Args:
            target: The API.
            timeout: How many seconds a request may take, with its connection if it opens one.
            tls: For a target with HTTPS.
        """
        self._addresses = addresses_of(target)
        self._host = target.host
        self._timeout = timeout
        self._tls = tls if target.scheme == "https" else None
        self._socket: socket.socket | None = None
        self._received = False

    def exchange(self, request: bytes) -> Response:
        """Send a request and read its response.

        Raises:
            OSError: When the network fails or the timeout passes.
            ClosedWithoutAnswerError: When the server closes before the response is complete.
            MalformedResponseError: When the response is not HTTP.
        """
        deadline = time.monotonic() + self._timeout
        try:
            return self._on_open_connection(request, deadline) or self._on_new_connection(request, deadline)
        except BaseException:
            # A late response, also one to a user that was killed, would be read as that of the next request.
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _on_open_connection(self, request: bytes, deadline: float) -> Response | None:
        """The response; None when no connection is open, or the server closed it before it read the request."""
        if self._socket is None:
            return None
        # The server has answered all that was sent before, so all of it is acknowledged.
        before = _acknowledged_bytes(self._socket)
        try:
            return self._send(self._socket, request, deadline)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
            # The server's kernel resets a connection that was closed before the request was read.
            if self._received:
                raise
        except ClosedWithoutAnswerError:
            if self._received or before is None or _acknowledged_bytes(self._socket) != before:
                raise
        self.close()
        return None

    def _on_new_connection(self, request: bytes, deadline: float) -> Response:
        connection = self._addresses.connect(max(0.001, deadline - time.monotonic()))
        if self._tls is not None:
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            connection = self._tls.wrap_socket(connection, server_hostname=self._host)
        self._socket = connection
        return self._send(connection, request, deadline)

    def _send(self, connection: socket.socket, request: bytes, deadline: float) -> Response:
        def receive() -> bytes:
            # The timeout is for the whole request: it does not start again with each byte that arrives.
            connection.settimeout(max(0.001, deadline - time.monotonic()))
            data: bytes = connection.recv(_READ_SIZE)
            self._received = self._received or bool(data)
            return data

        self._received = False
        connection.sendall(request)
        response = read_response(receive)
        if not response.keep_alive:
            self.close()
        return response


def _acknowledged_bytes(connection: socket.socket) -> int | None:
    """How many bytes of this side the server's kernel has acknowledged; None where the kernel does not tell.

    It acknowledges bytes for an open socket only, never for a closed one. When it acknowledges a request and the
    connection then ends without a reset, the server had read the request.
    """
    if _TCP_INFO is None:
        return None
    info = connection.getsockopt(platform.IPPROTO_TCP, _TCP_INFO, _BYTES_ACKED.stop)
    return int.from_bytes(info[_BYTES_ACKED], sys.byteorder)
