"""A remote machine: two lines of `.env` publish the pages under one public name only."""

import contextlib
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.e2e.compose_stack import Stack, StackError
from tests.e2e.diagnosis import diagnose
from tests.e2e.published import published_ports

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]

MLFLOW = "http://127.0.0.1:8005"
NAME = "machine.example"


@pytest.fixture(scope="module")
def opened(compose_stack: Stack) -> Iterator[Stack]:
    """The stack with the two lines that README gives for a remote machine."""
    compose_stack.ensure_serving()
    environment = compose_stack.checkout / ".env"
    environment.write_text(f"PAGES_BIND=0.0.0.0\nPUBLIC_HOST={NAME}\n")
    try:
        compose_stack.start_servers()
        compose_stack.wait_until_serving()
        _wait_for_mlflow()
        yield compose_stack
    finally:
        environment.unlink()
        compose_stack.start_servers()


def _wait_for_mlflow() -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.TransportError):
            if httpx.get(f"{MLFLOW}/health", timeout=5).status_code == httpx.codes.OK:
                return
        time.sleep(0.25)
    raise StackError("MLflow does not answer")


def _post_as_a_browser(path: str, host: str, origin: str) -> httpx.Response:
    """Send the request of a click on the page: the public name as the host, the page's address as the origin."""
    return httpx.post(
        f"{MLFLOW}{path}",
        json={"experiment_ids": ["0"], "max_results": 1},
        headers={"Host": host, "Origin": origin},
        timeout=10,
    )


def test_the_pages_listen_on_every_address(opened: Stack) -> None:
    """`PAGES_BIND=0.0.0.0` publishes MLflow and the console beside the API."""
    published = published_ports(opened)

    assert ("0.0.0.0", 8005) in published["mlflow"]
    assert ("0.0.0.0", 8009) in published["minio"]


def test_public_passwords_on_open_pages_are_a_warning(opened: Stack) -> None:
    """The log of MLflow says it at each start, and `make doctor` says it too; neither shows a password."""
    log = opened.compose("logs", "mlflow").stdout
    said = diagnose(opened).findings["public-passwords"]["what"]

    assert "serve: WARNING: the network reaches MLflow" in log
    assert "MINIO_ROOT_PASSWORD" in said
    assert "supersecret" not in log + said


@pytest.mark.usefixtures("opened")
def test_mlflow_answers_a_browser_under_the_public_name() -> None:
    """MLflow answers at http://PUBLIC_HOST:8005, on loopback, and to the stack's clients."""
    for host, origin in ((f"{NAME}:8005", f"http://{NAME}:8005"), ("localhost:8005", "http://localhost:8005")):
        assert _post_as_a_browser("/ajax-api/2.0/mlflow/runs/search", host, origin).status_code == 200
    assert httpx.get(MLFLOW, headers={"Host": f"{NAME}:8005"}, timeout=10).status_code == 200


@pytest.mark.usefixtures("opened")
def test_mlflow_refuses_other_names_and_other_pages() -> None:
    """A foreign host name (DNS rebinding) and a foreign page (cross-site request) get 403."""
    path = "/ajax-api/2.0/mlflow/runs/search"

    assert _post_as_a_browser(path, "evil.example:8005", f"http://{NAME}:8005").status_code == 403
    assert _post_as_a_browser(path, f"{NAME}:8005", "http://evil.example").status_code == 403
