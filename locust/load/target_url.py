"""The target of the requests: the host of a run, parsed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

PREDICT_PATH = "/predict"
API_KEY_HEADER = "X-API-Key"


class TargetError(ValueError):
    """The users of this run cannot use its address."""


@dataclass(frozen=True)
class TargetUrl:
    """The address of the API.

    Attributes:
        scheme: `http` or `https`.
        host: Name or address, without the brackets of an IPv6 address.
        port: TCP port.
        authority: Value of the `Host` header.
        path: Path before `/predict`; usually empty.
        credentials: Whether the address carries a user name or password.
    """

    scheme: str
    host: str
    port: int
    authority: str
    path: str
    credentials: bool

    @classmethod
    def parse(cls, url: str | None) -> TargetUrl:
        """Parse an address like `http://gateway:8000`.

        Raises:
            TargetError: When it is missing or is no HTTP address.
        """
        if not url:
            raise TargetError("no host is set: set LOCUST_HOST, for example to http://gateway:8000")
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise TargetError(f"{url!r} is no address: {error}") from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise TargetError(f"{url!r} is no HTTP address: write it like http://gateway:8000")
        if parts.query or parts.fragment:
            raise TargetError(f"{url!r} must end before the '?' or '#'")
        return cls(
            scheme=parts.scheme,
            host=parts.hostname,
            port=port or {"http": 80, "https": 443}[parts.scheme],
            authority=parts.netloc.rpartition("@")[2],
            path=parts.path.rstrip("/"),
            credentials=parts.username is not None,
        )


def base_url(url: str | None, user: str) -> str:
    """The address of the run without a final slash, if this kind of user supports it.

    Raises:
        TargetError: When it is no HTTP address, or the lean or open user does not support its credentials.
    """
    target = TargetUrl.parse(url)
    if user != "fast" and target.credentials:
        raise TargetError(f"LOCUST_USER={user} sends no user name and password: use LOCUST_USER=fast for {url}")
    return str(url).rstrip("/")
