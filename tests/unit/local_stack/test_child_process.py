"""Starting a child process, reading its log, and ending it with its descendants."""

import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from local_stack.child_process import ChildProcess

_WITHIN_SECONDS = 30
_SLEEPS = "import time; print('ready', flush=True); time.sleep(600)"
_IGNORES_SIGTERM = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {_SLEEPS}"
_STARTS_A_CHILD = "import subprocess; print(subprocess.Popen(['sleep', '600']).pid, flush=True)"


def _start(folder: Path, code: str, environment: Mapping[str, str] = os.environ) -> ChildProcess:
    command = (sys.executable, "-c", code)
    return ChildProcess(command, folder=folder, environment=environment, log=folder / "logs" / "example.log")


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _WITHIN_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {_WITHIN_SECONDS} s")
        time.sleep(0.01)


def _first_line(process: ChildProcess) -> str:
    _wait(lambda: "\n" in process.log.read_text())
    return process.log.read_text().splitlines()[0]


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_it_starts_in_its_folder_with_its_environment_and_no_input(tmp_path: Path) -> None:
    """It has the given working directory and only the given variables, and its input is empty."""
    code = "import os, sys; print(os.getcwd(), os.environ.get('A'), 'HOME' in os.environ, repr(sys.stdin.read()))"
    process = _start(tmp_path, code, {"A": "1"})

    assert process.wait(_WITHIN_SECONDS) == 0
    assert process.log.read_text() == f"{tmp_path} 1 False ''\n"


def test_the_log_has_both_outputs_of_this_run_only(tmp_path: Path) -> None:
    """Standard output and standard error are in one file, which the next process overwrites; its folder is created."""
    _start(tmp_path, "print('old')").wait(_WITHIN_SECONDS)
    process = _start(tmp_path, "import sys; print('out', flush=True); print('err', file=sys.stderr)")

    assert process.wait(_WITHIN_SECONDS) == 0
    assert process.log == tmp_path / "logs" / "example.log"
    assert process.log.read_text() == "out\nerr\n"


def test_output_can_be_read_while_it_runs(tmp_path: Path) -> None:
    """The parent can wait for a line in the log by which the process says that it is ready."""
    with _start(tmp_path, _SLEEPS) as process:
        assert _first_line(process) == "ready"
        assert process.poll() is None


def test_ctrl_c_at_the_terminal_does_not_reach_it(tmp_path: Path) -> None:
    """It is the leader of its own session, so that the parent decides when it ends."""
    with _start(tmp_path, _SLEEPS) as process:
        assert os.getsid(process.pid) == process.pid != os.getsid(0)


@pytest.mark.parametrize(("code", "expected"), [("", 0), ("raise SystemExit(7)", 7)])
def test_the_exit_code_of_a_process_that_ended_early_is_kept(code: str, expected: int, tmp_path: Path) -> None:
    """`poll` returns it, and stopping the process later returns the same code."""
    process = _start(tmp_path, code)
    _wait(lambda: process.poll() is not None)

    assert process.tree() == []
    assert process.stop() == process.poll() == expected


def test_stop_sends_sigterm_first(tmp_path: Path) -> None:
    """The process can clean up, and `stop` returns its exit code."""
    process = _start(tmp_path, f"import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit(3)); {_SLEEPS}")
    _first_line(process)

    assert process.stop() == 3


def test_stop_ends_a_process_that_is_paused(tmp_path: Path) -> None:
    """After SIGSTOP a process handles SIGTERM only when it continues."""
    process = _start(tmp_path, _SLEEPS)
    _first_line(process)
    process.signal_tree(signal.SIGSTOP)
    _wait(lambda: psutil.Process(process.pid).status() == psutil.STATUS_STOPPED)

    assert process.stop() == -signal.SIGTERM


@pytest.mark.parametrize(
    "stop",
    [lambda process: process.stop(0.1), lambda process: process.stop(is_impatient=lambda: True)],
    ids=["after the grace period", "impatient"],
)
def test_a_process_that_ignores_sigterm_is_killed(stop: Callable[[ChildProcess], int], tmp_path: Path) -> None:
    """SIGKILL follows after the grace period, or as soon as the caller does not want to wait."""
    process = _start(tmp_path, _IGNORES_SIGTERM)
    _first_line(process)

    assert stop(process) == -signal.SIGKILL


def test_the_end_of_the_block_ends_the_whole_tree(tmp_path: Path) -> None:
    """A child in its own session ends too."""
    code = f"{_STARTS_A_CHILD.replace('])', '], start_new_session=True)')}; {_SLEEPS}"
    with _start(tmp_path, code) as process:
        child = int(_first_line(process))
        assert [each.pid for each in process.tree()] == [process.pid, child]

    assert process.poll() == -signal.SIGTERM
    _wait(lambda: not _runs(child))


def test_an_exception_in_the_block_ends_the_process(tmp_path: Path) -> None:
    """The exception is raised after the process has ended."""
    process = _start(tmp_path, _SLEEPS)
    with pytest.raises(RuntimeError, match="a test failed"), process:
        raise RuntimeError("a test failed")

    assert process.poll() is not None


def test_the_end_of_the_block_ends_children_of_a_process_that_exited(tmp_path: Path) -> None:
    """Such children have another parent, but are still in the process group."""
    with _start(tmp_path, _STARTS_A_CHILD) as process:
        child = int(_first_line(process))
        _wait(lambda: process.poll() is not None)
        assert _runs(child)

    assert process.poll() == 0
    _wait(lambda: not _runs(child))
