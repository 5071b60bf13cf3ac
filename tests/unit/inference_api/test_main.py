"""The command `python -m src`."""

import os
import signal
import socket
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from service_process import start_service

from src.settings import Settings

ROOT = Path(__file__).parents[3] / "inference_api"


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "src", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_names_every_variable() -> None:
    """`--help` lists every variable and exits 0."""
    found = run("--help")
    assert (found.returncode, found.stderr) == (0, "")
    assert all(field.name.upper() in found.stdout for field in fields(Settings))


def test_invalid_settings() -> None:
    """Invalid settings end with exit code 2 and one line that names them all, without a traceback."""
    found = run(PORT="x", LOG_LEVEL="x")
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr.startswith("error: ")
    assert "PORT" in found.stderr
    assert "LOG_LEVEL" in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_unknown_argument() -> None:
    """An argument that does not exist is refused with exit code 2."""
    assert run("--port", "1").returncode == 2


def test_port_in_use() -> None:
    """A port that is in use ends with exit code 1 and one line, without a traceback."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        found = run(HOST="127.0.0.1", PORT=str(taken.getsockname()[1]))
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.splitlines()[-1].startswith("error: cannot listen on 127.0.0.1:")
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize("lane", ["true", "false"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_clean_stop_ends_with_0(number: signal.Signals, lane: str, tmp_path: Path) -> None:
    """SIGTERM, which `docker stop` sends, and SIGINT end a service with exit code 0, with and without the lane."""
    service = start_service(tmp_path, {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9", "FAST_LANE": lane})
    service.client.close()
    service.process.send_signal(number)
    assert service.process.wait(30) == 0
