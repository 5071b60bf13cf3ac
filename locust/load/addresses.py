"""Cached DNS lookups: to resolve the name for each of ten thousand connections costs half a core."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from gevent import socket

from load.target_url import TargetUrl

_LIFETIME_SECONDS: Final = 5.0


class Addresses:
    """The addresses of a host, used in turn; resolved again after some seconds, and when one cannot be reached."""

    def __init__(self, host: str, port: int) -> None:
        """Remember the host; it is resolved with the first connection."""
        self._host = host
        self._port = port
        self._resolved: Iterator[tuple[Any, ...]] | None = None
        self._expires = 0.0

    def connect(self, timeout: float) -> socket.socket:
        """Open a connection.

        Raises:
            OSError: When the name cannot be resolved, or the connection cannot be opened in time.
        """
        if self._resolved is None or time.monotonic() > self._expires:
            resolved = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._resolved = itertools.cycle(resolved)
            self._expires = time.monotonic() + _LIFETIME_SECONDS
        family, kind, protocol, _, address = next(self._resolved)
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(timeout)
            connection.connect(address)
        except BaseException:
            connection.close()
            self._resolved = None
            raise
        return connection


@cache
def addresses_of(target: TargetUrl) -> Addresses:
    """The addresses of a target, shared by all connections of this process."""
    return Addresses(target.host, target.port)
