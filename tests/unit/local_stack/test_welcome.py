"""The text that is printed once everything runs."""

import socket

import pytest

from local_stack.settings import read_settings
from local_stack.welcome import welcome


def test_it_has_the_pages_and_a_request_with_the_configured_ports() -> None:
    """Every line can be copied; when the API does not answer, the request is that of the reference model."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        text = welcome(read_settings({"API_PORT": str(port), "MLFLOW_PORT": "8006"}))

    assert f"http://localhost:{port}/docs" in text
    assert "http://localhost:8006" in text
    assert f"curl -X POST http://localhost:{port}/predict -H 'Content-Type: application/json' -d '{{" in text
    assert '{"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}' in text
    assert "Ctrl-C" in text


@pytest.mark.parametrize("variable", ["http_proxy", "all_proxy", "ALL_PROXY"])
def test_in_a_shell_with_a_proxy_curl_does_not_use_it(variable: str) -> None:
    """Without the option curl would use the proxy even for addresses of this machine."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        text = welcome(read_settings({"API_PORT": str(port), variable: "http://proxy.example:3128"}))

    assert f"  curl --noproxy localhost -X POST http://localhost:{port}/predict" in text
