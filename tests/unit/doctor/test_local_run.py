"""The state of `make run` in its folder."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doctor.local_run import find_local_run


@pytest.fixture
def running(tmp_path: Path) -> Iterator[int]:
    """A process that looks as `python -m local_stack` does, and its number in the lock file."""
    home = tmp_path / ".local-stack"
    home.mkdir()
    command = [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", "-m", "local_stack"]
    environment = {**os.environ, "API_PORT": "8123"}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        (home / "lock").write_text(str(process.pid), encoding="ascii")
        yield process.pid


def test_a_folder_without_it(tmp_path: Path) -> None:
    """It was never used here."""
    assert find_local_run(tmp_path, {}) is None


def test_one_that_runs(tmp_path: Path, running: int) -> None:
    """Its own variables say its ports."""
    found = find_local_run(tmp_path, {})

    assert found is not None
    assert (found.pid, found.api_port, found.mlflow_port) == (running, 8123, 8005)


@pytest.mark.parametrize("number", ["", "x", "own"])
def test_one_that_has_ended(tmp_path: Path, number: str) -> None:
    """The lock file stays, and another process may have the number; the ports are those of the next run."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "lock").write_text(number.replace("own", str(os.getpid())), encoding="ascii")

    found = find_local_run(tmp_path, {"LOCAL_STACK_HOME": str(tmp_path / "data"), "MLFLOW_PORT": "8006"})

    assert found is not None
    assert (found.pid, found.api_port, found.mlflow_port) == (None, 8000, 8006)
