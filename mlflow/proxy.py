"""The HTTP proxy between this machine and an S3 server, if the environment names one."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

# Asked directly with or without NO_PROXY: this machine, and the stack's own server.
DIRECT = {"localhost", "host.docker.internal", "minio", "minio_server"}


@dataclass(frozen=True)
class Proxy:
    """A proxy, without the user and password that its URL may hold."""

    address: str
    variable: str

    @classmethod
    def before(cls, endpoint: str) -> Proxy | None:
        """Find the proxy that boto3 asks for this server, by the same functions; None without one."""
        parts = urlsplit(endpoint)
        proxy = getproxies().get(parts.scheme)
        if not proxy or is_direct(parts.hostname or "") or proxy_bypass(parts.netloc):
            return None
        return cls(proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/"), f"{parts.scheme.upper()}_PROXY")

    def __str__(self) -> str:
        """Name it as people know it."""
        return f"the proxy {self.address} ({self.variable})"


def is_direct(host: str) -> bool:
    """Whether a host is never asked through a proxy."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host in DIRECT
    return address.is_loopback or address.is_unspecified
