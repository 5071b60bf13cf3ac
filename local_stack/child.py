"""One running program of the stack."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator

from local_stack.console import say
from local_stack.errors import ProgramFailedError
from local_stack.interrupt import Interrupt, InterruptedRunError
from local_stack.plan import Program

_GRACE_SECONDS = 15
_POLL_SECONDS = 0.05


class Child:
    """A program in a session of its own, so that Ctrl-C reaches only the stack, which ends it in order."""

    def __init__(self, program: Program) -> None:
        """Start it with its output in its log."""
        self.program = program
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the commands are those of plan.py
                program.command,
                cwd=program.folder,
                env=dict(program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def require_running(self) -> None:
        """Raise with the end of its log when it has ended."""
        if self.exit_code is not None:
            raise ProgramFailedError(f"{self.program.name} terminó con código {self.exit_code}.", self.program.log)

    def stop(self, interrupt: Interrupt) -> None:
        """Ask the program and its own children to end, wait, and end what is left."""
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        while self.exit_code is None and time.monotonic() < deadline and not interrupt.repeated:
            time.sleep(_POLL_SECONDS)
        self._signal(signal.SIGKILL)
        self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)


@contextlib.contextmanager
def running(program: Program, interrupt: Interrupt) -> Iterator[Child]:
    """Run the program for as long as the block lasts."""
    child = Child(program)
    try:
        yield child
    except InterruptedRunError:
        say(f"Deteniendo {program.name}...")
        raise
    finally:
        child.stop(interrupt)
