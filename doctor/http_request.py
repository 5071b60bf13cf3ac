"""One HTTP request to a published port of this machine."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
from dataclasses import dataclass
from typing import Any

_TIMEOUT_SECONDS = 3


@dataclass(frozen=True)
class Answer:
    """Status and body of a response."""

    status: int
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object of the body; empty when it is none."""
        try:
            read = json.loads(self.body)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}


def request(  # noqa: PLR0913 - callers name all but the first three
    address: str,
    port: int,
    path: str,
    *,
    host: str | None = None,
    user: tuple[str, str] | None = None,
    tls: bool = False,
) -> Answer | None:
    """GET without any proxy of the environment; None when there is no answer.

    Args:
        address: The address of this machine on which the port is published.
        port: The port.
        path: The path with its query.
        host: The host name that the request claims; by default the address.
        user: Name and password for HTTP basic authentication; None for no user.
        tls: Whether to ask over TLS. Any certificate is accepted: it is that of a name, and this asks an address.
    """
    headers = {} if host is None else {"Host": host}
    if user is not None:
        headers["Authorization"] = f"Basic {base64.b64encode(':'.join(user).encode()).decode()}"
    connection = http.client.HTTPConnection(address, port, timeout=_TIMEOUT_SECONDS)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection = http.client.HTTPSConnection(address, port, timeout=_TIMEOUT_SECONDS, context=context)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, response.read())
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
