"""The target of the load, which is always this machine."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from benchmarks.errors import NotStartedError


@dataclass(frozen=True, slots=True)
class Target:
    """An address on loopback.

    Attributes:
        url: The URL of the endpoint.
        host: Its loopback address.
        port: Its port.
        path: Its path.
    """

    url: str
    host: str
    port: int
    path: str

    @classmethod
    def parse(cls, url: str) -> Target:
        """Parse an address; only this machine may be the target of a benchmark.

        Raises:
            NotStartedError: It is not `http://` on a loopback address with a port.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port
            loopback = ipaddress.ip_address(host).is_loopback
        except ValueError:
            loopback = False
        if not loopback or parts.scheme != "http" or not port:
            raise NotStartedError(f"{url!r} is refused: load goes to http://127.0.0.1:PORT only")
        return cls(url=url, host=host, port=port, path=parts.path or "/")


def free_port() -> int:
    """A TCP port that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
