"""Commands with a time limit."""

import os
from pathlib import Path

from doctor.command import run_binary, run_command


def test_output_and_exit_code(tmp_path: Path) -> None:
    """Both streams, in the given folder and with the given variables; the reason is the last line of the errors."""
    script = 'pwd; echo "$WORD"; echo first >&2; echo last >&2; exit 3'
    done = run_command(["sh", "-c", script], folder=tmp_path, environment={**os.environ, "WORD": "x"}, seconds=10)

    assert (done.code, done.ok, done.stdout) == (3, False, f"{tmp_path}\nx\n")
    assert done.reason == "last"


def test_a_missing_program_is_a_result(tmp_path: Path) -> None:
    """Nothing is raised."""
    done = run_command(["no-such-program"], folder=tmp_path, environment=os.environ, seconds=10)

    assert done.missing
    assert "no-such-program" in done.reason


def test_a_command_that_hangs_is_ended(tmp_path: Path) -> None:
    """The time limit is a result too."""
    done = run_command(["sleep", "60"], folder=tmp_path, environment=os.environ, seconds=0.05)

    assert done.timed_out
    assert "sin respuesta" in done.reason


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    """An archive keeps its bytes; a text shows what it can."""
    script = r"printf 'a\377'"
    binary = run_binary(["sh", "-c", script], folder=tmp_path, environment=os.environ, seconds=10)
    text = run_command(["sh", "-c", script], folder=tmp_path, environment=os.environ, seconds=10)

    assert binary == b"a\xff"
    assert text.stdout == "a�"
    assert run_binary(["false"], folder=tmp_path, environment=os.environ, seconds=10) is None
