"""The capacity question on the real API as a process of this machine, as `make run` has it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from service_process import Service, free_port

from tests.integration.locust.conftest import REPOSITORY

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

SMALL = ("--users", "100", "--step-users", "50", "--quick")


def ask(url: str, out: Path) -> subprocess.CompletedProcess[str]:
    """Ask the question of an address."""
    return subprocess.run(
        [sys.executable, "-m", "capacity", *SMALL, "--url", url, "--out", str(out)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": "locust"},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )


def test_an_api_without_docker_is_measured(api: Service, tmp_path: Path) -> None:
    """The users are held; what could not be limited is said, and the API lives on where it lived before."""
    groups = Path(f"/proc/{api.process.pid}/cgroup").read_text()
    done = ask(api.url, tmp_path)
    assert done.returncode == 0, done.stderr
    findings = json.loads((tmp_path / "capacity.json").read_text())
    assert findings["machine"]["engine"] == "no Docker"
    assert "memory is not limited" in findings["left_out"][0]["en"]
    assert all(trial["memory_mib"] is None and trial["via"] == "direct" for trial in findings["trials"])
    if len(findings["left_out"]) == 1:
        assert "100 users need 0.05 CPU, straight at the API." in done.stdout
        assert [answer["cpus"] for answer in findings["answers"]] == [0.05]
    else:
        assert "100 users are held without limits" in done.stdout
        assert "CPU could not be limited" in findings["left_out"][1]["en"]
    assert api.process.poll() is None
    assert Path(f"/proc/{api.process.pid}/cgroup").read_text() == groups


def test_nobody_at_the_address_is_said(tmp_path: Path) -> None:
    """One sentence that says what to start."""
    done = ask(f"http://127.0.0.1:{free_port()}", tmp_path)
    assert done.returncode == 1
    assert "0 processes listen at port" in done.stderr
    assert "make run" in done.stderr
