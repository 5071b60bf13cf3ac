"""`capacity` on the real API as a process of this machine, as `make run` starts it."""

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


def run_capacity(url: str, out: Path) -> subprocess.CompletedProcess[str]:
    """Run `capacity` for the API at an address."""
    return subprocess.run(
        [sys.executable, "-m", "capacity", *SMALL, "--url", url, "--out", str(out)],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": "locust"},
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )


@pytest.mark.alone
def test_an_api_without_docker_is_measured(api: Service, tmp_path: Path) -> None:
    """The users are held, the report says what could not be limited, and the API is in its cgroup again afterwards."""
    groups = Path(f"/proc/{api.process.pid}/cgroup").read_text()
    result = run_capacity(api.url, tmp_path)
    assert result.returncode == 0, result.stderr
    report = json.loads((tmp_path / "capacity.json").read_text())
    assert report["machine"]["engine"] == "no Docker"
    assert "memory is not limited" in report["left_out"][0]["en"]
    assert all(trial["memory_mib"] is None and trial["via"] == "direct" for trial in report["trials"])
    if len(report["left_out"]) == 1:
        [answer] = report["answers"]
        # So few users need less than the first value of the range, and perhaps less than the kernel's smallest quota.
        assert answer["cpus"] < 0.05
        assert answer["cpus_is_upper_bound"] == (answer["cpus"] == 0.01)
        bound = "at most " if answer["cpus_is_upper_bound"] else ""
        assert f"100 users need {bound}{answer['cpus']:g} CPU, directly to the API." in result.stdout
    else:
        assert "100 users are held without limits" in result.stdout
        assert "CPU could not be limited" in report["left_out"][1]["en"]
    assert api.process.poll() is None
    assert Path(f"/proc/{api.process.pid}/cgroup").read_text() == groups


def test_no_process_at_the_address(tmp_path: Path) -> None:
    """The message says what to start."""
    result = run_capacity(f"http://127.0.0.1:{free_port()}", tmp_path)
    assert result.returncode == 1
    assert "0 processes listen at port" in result.stderr
    assert "make run" in result.stderr
