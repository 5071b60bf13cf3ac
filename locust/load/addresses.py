"""Where a host is, asked for seldom: a name looked up for each of ten thousand connections costs half a core."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from gevent import socket

from load.target_url import Target

_LIFETIME_SECONDS: Final = 5.0


class Addresses:
    """The addresses of a host, in turn; looked up anew after some seconds, and when one cannot be reached."""

    def __init__(self, host: str, port: int) -> None:
        """Nothing is looked up yet."""
        self._host = host
        self._port = port
        self._found: Iterator[tuple[Any, ...]] | None = None
        self._until = 0.0

    def connect(self, timeout: float) -> socket.socket:
        """Open a connection.

        Raises:
            OSError: When the name is not found, or nobody answers there in time.
        """
        if self._found is None or time.monotonic() > self._until:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
            self._found = itertools.cycle(found)
            self._until = time.monotonic() + _LIFETIME_SECONDS
        family, kind, protocol, _, address = next(self._found)
        made = socket.socket(family, kind, protocol)
        try:
            made.settimeout(timeout)
            made.connect(address)
        except BaseException:
            made.close()
            self._found = None
            raise
        return made


@cache
def addresses_of(target: Target) -> Addresses:
    """The addresses that all connections of this process to a target share."""
    return Addresses(target.host, target.port)
