"""The program, without measurements."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from benchmarks.__main__ import main
from benchmarks.place import ROOT
from tests.unit.benchmarks.examples import rates, results

# Starts a child as the benchmark does, pauses it, prints its process id, and waits for the signal.
_RUN = """
import os, sys, time
from pathlib import Path
from benchmarks.interrupt import end_in_order
from benchmarks.process import running
end_in_order()
folder = Path(sys.argv[1])
sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
core = min(os.sched_getaffinity(0))
with running(sleep, core=core, log=folder / "log", folder=folder, environment=os.environ) as child:
    child.pause()
    print(child.pid, flush=True)
    time.sleep(600)
"""


def test_page_is_written_from_existing_results(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --render-only the page is written and nothing is measured."""
    results(rates("lane", 1, 2)).write(tmp_path / "results.json")
    page = tmp_path / "page.md"

    code = main(["--render-only", "--results", str(tmp_path / "results.json"), "--report", str(page)])

    assert code == 0
    assert page.read_text(encoding="utf-8").startswith("# Rendimiento\n")
    assert "Esta API, vía rápida" in capsys.readouterr().out


def test_missing_results_and_a_missing_wrk_start_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both end the program with exit code 2 and one message."""
    assert main(["--render-only", "--results", str(tmp_path / "none.json")]) == 2
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["--quick"]) == 2
    assert "apt-get install wrk" in capsys.readouterr().err


def test_sigterm_ends_all_servers(tmp_path: Path) -> None:
    """A server that is paused when the signal arrives ends as well."""
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 128 + signal.SIGTERM

    deadline = time.monotonic() + 10
    while psutil.pid_exists(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not psutil.pid_exists(child)
