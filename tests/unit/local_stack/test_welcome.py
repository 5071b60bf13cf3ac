"""What the person reads once everything runs."""

import socket

import pytest

from local_stack.settings import read_settings
from local_stack.welcome import welcome


def test_the_guide_names_pages_and_a_request_for_the_chosen_ports() -> None:
    """Every line can be copied as it is; without a schema to ask for, the request is the reference model's."""
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
def test_a_shell_with_a_proxy_gets_a_curl_that_goes_past_it(variable: str) -> None:
    """As it is, curl would send even this machine's addresses to the proxy."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        text = welcome(read_settings({"API_PORT": str(port), variable: "http://proxy.example:3128"}))

    assert f"  curl --noproxy localhost -X POST http://localhost:{port}/predict" in text
