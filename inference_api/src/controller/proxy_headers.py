"""The effects of a reverse proxy on a request: a prefix of the path, the scheme, a slash at the end."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

from src.settings import ALL_PEERS, path_prefix

_PREFIX: Final = b"x-forwarded-prefix"
_SCHEME: Final = b"x-forwarded-proto"
_SCHEMES: Final = frozenset({b"http", b"https"})


class TrustedPeers:
    """The addresses whose `X-Forwarded-*` headers are used."""

    def __init__(self, addresses: str) -> None:
        """Read the setting.

        Args:
            addresses: Addresses and networks with commas between them, or `*` for every peer.
        """
        self._trusts_all = addresses == ALL_PEERS
        parts = [] if self._trusts_all else addresses.split(",")
        self._networks = [ipaddress.ip_network(part.strip()) for part in parts]

    def __contains__(self, client: tuple[str, int] | None) -> bool:
        """Whether the peer is trusted; a peer without an address uses the Unix socket, as only the gateway can."""
        if self._trusts_all or client is None:
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

    The application gets every path with the prefix, as ASGI requires, whether the proxy removed it or not.
    """

    def __init__(self, app: ASGIApp, root_path: str, trusted: TrustedPeers) -> None:
        """Wrap the application.

        Args:
            app: The application.
            root_path: The prefix of the service's public URL, unless a trusted peer sends another; or empty.
            trusted: The peers whose `X-Forwarded-Prefix` and `X-Forwarded-Proto` are used.
        """
        self._app = app
        self._root_path = root_path
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Rewrite path, prefix and scheme of an HTTP request; pass other scopes on unchanged."""
        if scope["type"] == "http":
            scope = {**scope, **self._public_url_parts(scope)}
        await self._app(scope, receive, send)

    def _public_url_parts(self, scope: Scope) -> dict[str, str]:
        prefix, scheme = self._root_path, scope.get("scheme", "http")
        given = [(name, value) for name, value in scope["headers"] if name in {_PREFIX, _SCHEME}]
        if given and scope.get("client") in self._trusted:
            prefix = _single_value(given, _PREFIX, prefix)
            scheme = _single_value(given, _SCHEME, scheme)
        path = _without_last_slash(scope["path"])
        if prefix and (not f"{path}/".startswith(f"{prefix}/") or _is_own(path, scope)):
            path = prefix + path
        elif path == prefix:  # the root, with or without its slash
            path += "/"
        return {"path": path, "root_path": prefix, "scheme": scheme}


def _single_value(given: Iterable[tuple[bytes, bytes]], wanted: bytes, default: str) -> str:
    """The header's value when it occurs once and is valid, else the default."""
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
    """Whether a route has exactly this path: /predict/batch behind a proxy that has removed the prefix /predict."""
    return any(getattr(route, "path", None) == path for route in scope["app"].routes)


def _without_last_slash(path: str) -> str:
    return path[:-1] if len(path) > 1 and path[-1] == "/" and path[-2] != "/" else path
