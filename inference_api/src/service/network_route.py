"""The route to a server: directly, or through the HTTP proxy that the environment names.

`urllib`, `requests` and `botocore` interpret HTTP_PROXY and NO_PROXY differently: all of them use the proxy for
127.0.0.1, none supports `*.example.org`, and only one supports networks like 10.0.0.0/8 (curl and Go handle all three).
Therefore this module decides. urllib reads the variables, as for `urlopen`: a lower-case name takes precedence.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from http.client import HTTPResponse
from typing import Final
from urllib.error import URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import ProxyHandler, Request, build_opener, getproxies

# This machine, and the names of services in the stack's Compose files.
DIRECT_HOSTS: Final = (
    "localhost",
    "127.0.0.1",
    "::1",  # without brackets, with which httpx fails: https://github.com/encode/httpx/issues/3574
    "host.docker.internal",
    "mlflow",
    "mlflow_server",
    "minio",
)
LOGIN_REFUSED: Final = (
    "it wants a user that it knows, and gets that of MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD"
)
"""Why MLflow answers 401. Neither the user nor the password is told: `/ready` is open to everybody."""
_PORTS: Final = {"http": 80, "https": 443}
_EXAMPLE: Final = "write it like http://proxy.example.org:3128, with @ : / # % in a password as %40 %3A %2F %23 %25"


@dataclass(frozen=True, slots=True)
class Route:
    """The route to a server.

    Attributes:
        host: The server's name.
        proxy: URL of the proxy, which may hold a password; None without one.
        variable: The variable that names the proxy.
    """

    host: str
    proxy: str | None = field(default=None, repr=False)
    variable: str = ""

    @classmethod
    def to(cls, url: str) -> Route:
        """Find the route from the proxy variables of the environment.

        Args:
            url: Any URL of the server.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
        except ValueError:  # not a URL; the request fails with its own error
            return cls("")
        proxies = getproxies()
        for scheme in (parts.scheme, "all"):
            if proxy := proxies.get(scheme, "").strip():
                if _is_direct(host, port, proxies.get("no", "")):
                    break
                return cls(host, proxy, f"{scheme.upper()}_PROXY")
        return cls(host)

    @property
    def problem(self) -> str | None:
        """Why the proxy cannot be used; None when it can, or when there is none."""
        if self.proxy is None:
            return None
        parts = _split(self.proxy)
        if parts is not None and parts.scheme.startswith("socks"):
            return f"{self.variable} names a SOCKS proxy, and only HTTP proxies can be used{self._remedy}"
        if parts is None or parts.scheme not in {"http", "https"}:
            return f"{self.variable} is not the address of an HTTP proxy: {_EXAMPLE}"
        return None

    @property
    def note(self) -> str:
        """Addition to an error message about the server: the proxy, without its password."""
        if self.proxy is None or self.problem:
            return ""
        parts = _split(self.proxy)
        address = parts.netloc.rpartition("@")[2] if parts else ""
        return f"; asked through the proxy {address} ({self.variable}){self._remedy}"

    @property
    def _remedy(self) -> str:
        return f": if {self.host} needs no proxy, add {self.host} to NO_PROXY"

    def open(self, request: Request, timeout: float) -> HTTPResponse:
        """Send a request to the server.

        Raises:
            OSError: As `urllib.request.urlopen` does.
        """
        if self.problem:
            raise URLError(self.problem)
        proxies = {} if self.proxy is None else {request.type: self.proxy}
        answer: HTTPResponse = build_opener(ProxyHandler(proxies)).open(request, timeout=timeout)
        return answer


def direct_hosts(url: str) -> dict[str, str]:
    """Environment variables that tell all libraries, and child processes, which hosts need no proxy.

    Args:
        url: A server, which is added when its route is direct, because libraries may decide differently.

    Returns:
        NO_PROXY in both spellings: the user's entries, this machine, and the stack's services.
    """
    given = [name for name in re.split(r"[\s,]+", getproxies().get("no", "")) if name]
    if "*" in given:
        names = ["*"]  # means all hosts only as the single entry
    else:
        route = Route.to(url)
        own = [] if route.proxy else [route.host]
        names = list(filter(None, dict.fromkeys([*given, *DIRECT_HOSTS, *own])))
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(names))


def _split(proxy: str) -> SplitResult | None:
    """The parts of a proxy's URL; None without a host, or with an invalid port."""
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        usable = bool(parts.hostname) and parts.port != 0 and parts.path in {"", "/"}
    except ValueError:
        return None
    return parts if usable and not parts.query and not parts.fragment else None


def _is_direct(host: str, port: int | None, no_proxy: str) -> bool:
    host = host.rstrip(".")
    if host in DIRECT_HOSTS or host.endswith(".localhost"):
        return True
    address = _address(host)
    if address is not None and (address.is_loopback or address.is_unspecified):
        return True
    return any(_matches(entry, host, address, port) for entry in re.split(r"[\s,]+", no_proxy.lower()) if entry)


def _matches(
    entry: str, host: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None, port: int | None
) -> bool:
    """Whether an entry of NO_PROXY matches: `*`, a domain with its subdomains, an address, a network; with a port."""
    if entry == "*":
        return True
    if address is not None:
        try:
            return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
        except ValueError:
            pass
    name, colon, wanted = entry.rpartition(":")
    if colon and wanted.isdecimal() and (":" not in name or name.endswith("]")):
        return int(wanted) == port and _matches(name, host, address, port)
    name = entry.removeprefix("*").lstrip(".").rstrip(".").strip("[]")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
