"""How a program of the stack starts, ends and fails."""

import os
import sys
import time
from pathlib import Path

import psutil
import pytest

from local_stack.errors import ProgramFailedError
from local_stack.interrupt import Interrupt, InterruptedRunError
from local_stack.plan import Program
from local_stack.running_program import RunningProgram, running

_WITH_GRANDCHILD = """
import subprocess, sys
print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
sys.stdin.read()
"""
_IGNORES_SIGTERM = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
time.sleep(600)
"""


def _program(folder: Path, code: str) -> Program:
    return Program("example", (sys.executable, "-c", code), folder, os.environ, folder / "logs" / "example.log")


def _first_line(program: Program) -> str:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        lines = program.log.read_text().splitlines()
        if lines:
            return lines[0]
        time.sleep(0.02)
    pytest.fail("the program printed nothing")


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _ends(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not _runs(pid)


def test_the_children_of_a_program_end_with_it(tmp_path: Path) -> None:
    """`mlflow server` starts uvicorn as a child of its own: both must end."""
    program = _program(tmp_path, _WITH_GRANDCHILD.replace("sys.stdin.read()", "import time; time.sleep(600)"))

    with running(program, Interrupt()) as child:
        grandchild = int(_first_line(program))
        assert _runs(grandchild)

    assert child.poll() is not None
    assert _ends(grandchild)


def test_what_a_crashed_program_leaves_behind_is_ended(tmp_path: Path) -> None:
    """A program that ended by itself may leave children that use its ports."""
    program = _program(tmp_path, _WITH_GRANDCHILD)

    with running(program, Interrupt()) as child:
        grandchild = int(_first_line(program))
        while child.poll() is None:
            time.sleep(0.02)
        assert _runs(grandchild)

    assert _ends(grandchild)


def test_a_second_interrupt_kills_a_program_that_ignores_sigterm(tmp_path: Path) -> None:
    """A second Ctrl-C ends the wait for the grace period."""
    program = _program(tmp_path, _IGNORES_SIGTERM)
    child = RunningProgram(program)
    _first_line(program)

    child.stop(is_impatient=lambda: True)

    assert child.poll() == -9


def test_a_program_that_ended_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    """The reason is in the last lines: the person need not open the file."""
    program = _program(tmp_path, "print('\\n'.join(f'line {n}' for n in range(100))); raise SystemExit(7)")

    with running(program, Interrupt()) as child:
        while child.poll() is None:
            time.sleep(0.02)
        with pytest.raises(ProgramFailedError) as caught:
            child.require_running()

    message = str(caught.value)
    assert message.startswith("example terminó con código 7.")
    assert message.endswith("  | line 99")
    assert "  | line 75" in message
    assert "  | line 74" not in message
    assert str(program.log) in message


def test_an_interruption_passes_through_after_the_program_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So the other programs are stopped as well."""
    program = _program(tmp_path, _IGNORES_SIGTERM.replace("SIG_IGN", "SIG_DFL"))
    interrupt = Interrupt()
    interrupt.request()

    with pytest.raises(InterruptedRunError), running(program, interrupt) as child:
        interrupt.pause(600)

    assert child.poll() == -15
    assert "Deteniendo example" in capsys.readouterr().out
