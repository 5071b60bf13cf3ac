"""Where the users find the gateway."""

from typing import Any

import pytest

from capacity.target.compose import gateway_url
from capacity.target.docker import Container


@pytest.mark.parametrize(
    ("variables", "url"),
    [
        ([], "http://api_gateway:8000"),
        (["TLS_CERTIFICATE="], "http://api_gateway:8000"),
        (["PATH=/bin", "TLS_CERTIFICATE=server.pem"], "https://api_gateway:8443"),
    ],
)
def test_a_gateway_with_a_certificate_is_asked_over_tls(variables: list[str], url: str) -> None:
    """Its plain port would redirect every prediction, and users follow no redirects."""
    inspected: dict[str, Any] = {
        "Id": "1",
        "Name": "/api_gateway",
        "State": {"Pid": 1},
        "NetworkSettings": {"Networks": {"ml-services": {"IPAddress": "172.18.0.2"}}},
        "Image": "sha256:1",
        "HostConfig": {"NanoCpus": 0, "Memory": 0, "MemorySwap": 0, "MemoryReservation": None},
        "Config": {"Env": variables},
    }
    assert gateway_url(Container.of(inspected)) == url
