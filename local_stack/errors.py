"""The errors, each with the exit code of the program."""

from pathlib import Path

_TAIL_LINES = 25


class StackError(Exception):
    """An error that is shown as one message without a traceback."""

    exit_code = 1


class NotStartedError(StackError):
    """Nothing was started: a wrong option, a taken port, a second stack on the same folder."""

    exit_code = 2


class ProgramFailedError(StackError):
    """A program of the stack ended, or did not answer in time."""

    def __init__(self, problem: str, log: Path) -> None:
        """Append the end of the program's log, which has the reason, to the message."""
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        tail = "\n".join(f"  | {line}" for line in lines) or "  | (vacío)"
        super().__init__(f"{problem}\nFinal de {log}:\n{tail}")
