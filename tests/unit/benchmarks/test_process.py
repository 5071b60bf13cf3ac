"""Starting, pausing and ending a measured process."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.cores import Cores
from benchmarks.process import Process, quiet_environment

_BUSY = """
import os, subprocess, sys
print(subprocess.Popen([sys.executable, "-c", "while True: pass"]).pid, sorted(os.sched_getaffinity(0)), flush=True)
while True: pass
"""


def _start(folder: Path, code: str) -> Process:
    command = [sys.executable, "-c", code]
    return Process(
        command, core=Cores.choose().server, log=folder / "log", folder=folder, environment=quiet_environment({})
    )


def _first_line(process: Process) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if b"\n" in process.log.read_bytes():
            return process.log.read_text().splitlines()[0]
        time.sleep(0.02)
    pytest.fail("the program printed nothing")


def test_paused_tree_uses_no_cpu_and_stopped_one_has_ended(tmp_path: Path) -> None:
    """This includes the children, which would otherwise take CPU from the server that is measured."""
    before = os.sched_getaffinity(0)
    process = _start(tmp_path, _BUSY)
    child, _, cores = _first_line(process).partition(" ")

    process.pause()
    paused = process.usage().cpu_seconds
    time.sleep(0.2)
    assert process.usage().cpu_seconds == paused

    process.resume()
    deadline = time.monotonic() + 30
    while process.usage().cpu_seconds == paused and time.monotonic() < deadline:
        time.sleep(0.02)
    assert process.usage().cpu_seconds > paused

    process.stop()
    assert not process.running
    assert not psutil.pid_exists(int(child)) or psutil.Process(int(child)).status() == psutil.STATUS_ZOMBIE
    assert cores == f"[{Cores.choose().server}]"
    assert os.sched_getaffinity(0) == before


def test_last_log_line_of_a_process_that_ended(tmp_path: Path) -> None:
    """The exit code and the last line of the log are the reason in the report's table."""
    process = _start(tmp_path, "print('fine so far'); raise SystemExit('no such model')")
    deadline = time.monotonic() + 30
    while process.running and time.monotonic() < deadline:
        time.sleep(0.02)

    assert process.last_log_line() == "exit code 1: no such model"
    process.stop()


def test_settings_of_another_mlflow_are_not_inherited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise a server would request the models from the caller's registry."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://elsewhere:5000")

    assert "MLFLOW_TRACKING_URI" not in quiet_environment({})
    assert quiet_environment({"MLFLOW_TRACKING_URI": "http://127.0.0.1:1"})["OMP_NUM_THREADS"] == "1"
