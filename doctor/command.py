"""One command with a time limit."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_NOT_FOUND = 127
_TIMED_OUT = 124


@dataclass(frozen=True)
class CommandResult:
    """Exit code and output of a command."""

    code: int
    stdout: str
    stderr: str

    @property
    def ok(self) -> bool:
        """Whether the command succeeded."""
        return self.code == 0

    @property
    def missing(self) -> bool:
        """Whether there is no such program."""
        return self.code == _NOT_FOUND

    @property
    def timed_out(self) -> bool:
        """Whether it was ended at its time limit."""
        return self.code == _TIMED_OUT

    @property
    def reason(self) -> str:
        """The last line that it wrote, of its errors if there are any."""
        lines = (self.stderr.strip() or self.stdout.strip()).splitlines()
        return lines[-1].strip() if lines else f"código de salida {self.code}"


def run_command(
    command: Sequence[str], *, folder: Path, environment: Mapping[str, str], seconds: float
) -> CommandResult:
    """Run a command; a missing program and a time limit are results too."""
    done = _run(command, folder, environment, seconds)
    return CommandResult(
        done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    )


def run_binary(command: Sequence[str], *, folder: Path, environment: Mapping[str, str], seconds: float) -> bytes | None:
    """The bytes that a command writes; None if it fails."""
    done = _run(command, folder, environment, seconds)
    return None if done.returncode else done.stdout


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float
) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(  # noqa: S603 - the callers choose the commands, none comes from outside
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, _TIMED_OUT, b"", f"sin respuesta en {seconds:g} s".encode())
    except OSError as error:
        return subprocess.CompletedProcess(command, _NOT_FOUND, b"", f"{command[0]}: {error.strerror}".encode())
