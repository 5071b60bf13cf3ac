"""The readiness check of an API."""

from __future__ import annotations

import http.client
from typing import Final

_TIMEOUT_SECONDS: Final = 2


def is_ready(host: str, port: int) -> bool:
    """Request /ready once; an API that cannot be reached is not ready."""
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
