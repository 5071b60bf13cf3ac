"""What a reverse proxy in front of the service changes: the prefix of its paths, the scheme, a slash at the end."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from src.settings import EVERYBODY, path_prefix

_PREFIX: Final = b"x-forwarded-prefix"
_SCHEME: Final = b"x-forwarded-proto"
_SCHEMES: Final = frozenset({b"http", b"https"})


class TrustedPeers:
    """The addresses whose `X-Forwarded-*` headers are believed."""

    def __init__(self, addresses: str) -> None:
        """Read the setting.

        Args:
            addresses: Addresses and networks with commas between them, or `*` for every peer.
        """
        self._everybody = addresses == EVERYBODY
        parts = [] if self._everybody else addresses.split(",")
        self._networks = [ipaddress.ip_network(part.strip()) for part in parts]

    def __contains__(self, client: tuple[str, int] | None) -> bool:
        """Whether the peer is one of them; one without an address has come by the gateway's Unix socket."""
        if self._everybody or client is None:
            return True
        try:
            address = ipaddress.ip_address(client[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._networks)


class ForwardingMiddleware:
    """ASGI middleware for requests that a reverse proxy sends with or without the prefix of the service.

    Behind it every path begins with `root_path`, as ASGI wants it, whether the proxy has removed the prefix or not.
    """

    def __init__(self, app: ASGIApp, root_path: str, trusted: TrustedPeers) -> None:
        """Wrap the application.

        Args:
            app: The application.
            root_path: The prefix under which clients find the service, unless a trusted peer names another; or empty.
            trusted: Whose `X-Forwarded-Prefix` and `X-Forwarded-Proto` count.
        """
        self._app = app
        self._root_path = root_path
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite an HTTP request's path, prefix and scheme; pass everything else on."""
        if scope["type"] == "http":
            scope = {**scope, **self._seen_from_outside(scope)}
        await self._app(scope, receive, send)

    def _seen_from_outside(self, scope: Scope) -> dict[str, str]:
        prefix, scheme = self._root_path, scope.get("scheme", "http")
        given = [(name, value) for name, value in scope["headers"] if name in {_PREFIX, _SCHEME}]
        if given and scope.get("client") in self._trusted:
            prefix = _only(given, _PREFIX, prefix)
            scheme = _only(given, _SCHEME, scheme)
        path = _without_last_slash(scope["path"])
        if prefix and (not path.startswith(f"{prefix}/") or _is_own(path, scope)):
            path = prefix + path
        return {"path": path, "root_path": prefix, "scheme": scheme}


def _only(given: Iterable[tuple[bytes, bytes]], wanted: bytes, default: str) -> str:
    """The header's value when it is there once and usable."""
    values = [value for name, value in given if name == wanted]
    if len(values) != 1:
        return default
    if wanted == _SCHEME:
        scheme = values[0].strip().lower()
        return scheme.decode() if scheme in _SCHEMES else default
    try:
        return path_prefix(values[0].decode("latin-1").strip()) or default
    except ValueError:
        return default


def _is_own(path: str, scope: Scope) -> bool:
    """Whether a route has this very path: /predict/batch behind a proxy that has removed the prefix /predict."""
    return any(getattr(route, "path", None) == path for route in scope["app"].routes)


def _without_last_slash(path: str) -> str:
    return path[:-1] if len(path) > 1 and path[-1] == "/" and path[-2] != "/" else path
