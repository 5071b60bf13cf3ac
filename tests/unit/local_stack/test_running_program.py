"""Running a program of the stack: its interruption and its failure."""

import os
import sys
import time
from pathlib import Path

import pytest

from local_stack.errors import ProgramFailedError
from local_stack.interrupt import Interrupt, InterruptedRunError
from local_stack.plan import Program
from local_stack.running_program import running

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


def test_a_second_interrupt_kills_a_program_that_ignores_sigterm(tmp_path: Path) -> None:
    """A second Ctrl-C ends the wait for the grace period."""
    program = _program(tmp_path, _IGNORES_SIGTERM)
    interrupt = Interrupt()

    with running(program, interrupt) as child:
        _first_line(program)
        interrupt.request()
        interrupt.request()

    assert child.poll() == -9


def test_a_program_that_ended_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    """The message has the exit code, the path of the log and its last lines, which have the reason."""
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
    """The program ends first; then the exception stops the other programs as well."""
    program = _program(tmp_path, _IGNORES_SIGTERM.replace("SIG_IGN", "SIG_DFL"))
    interrupt = Interrupt()
    interrupt.request()

    with pytest.raises(InterruptedRunError), running(program, interrupt) as child:
        interrupt.pause(600)

    assert child.poll() == -15
    assert "Deteniendo example" in capsys.readouterr().out
