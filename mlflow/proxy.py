"""The HTTP proxy for an S3 server, from the environment."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

# Never reached through a proxy, whatever NO_PROXY is: this machine, and the server of the stack.
DIRECT_HOSTS = {"localhost", "host.docker.internal", "minio", "minio_server"}


@dataclass(frozen=True)
class Proxy:
    """A proxy, without the user and password that its URL may contain."""

    address: str
    variable: str

    @classmethod
    def for_endpoint(cls, endpoint: str) -> Proxy | None:
        """The proxy that boto3 uses for this server, by the functions that boto3 calls; None without one."""
        parts = urlsplit(endpoint)
        proxy = getproxies().get(parts.scheme)
        if not proxy or is_direct(parts.hostname or "") or proxy_bypass(parts.netloc):
            return None
        return cls(proxy.rpartition("@")[2].rpartition("//")[2].rstrip("/"), f"{parts.scheme.upper()}_PROXY")

    def __str__(self) -> str:
        """Name the proxy and its variable."""
        return f"the proxy {self.address} ({self.variable})"


def is_direct(host: str) -> bool:
    """Whether a host is never reached through a proxy."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host in DIRECT_HOSTS
    return address.is_loopback or address.is_unspecified
