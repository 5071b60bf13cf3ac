"""One running program of the stack."""

import contextlib
from collections.abc import Iterator

from local_stack.child_process import ChildProcess
from local_stack.console import say
from local_stack.errors import ProgramFailedError
from local_stack.interrupt import Interrupt, InterruptedRunError
from local_stack.plan import Program


class RunningProgram(ChildProcess):
    """A running program of the plan, whose output is in its log."""

    def __init__(self, program: Program) -> None:
        """Start the program."""
        self.program = program
        super().__init__(program.command, folder=program.folder, environment=program.environment, log=program.log)

    def require_running(self) -> None:
        """Raise with the end of its log when it has ended."""
        code = self.poll()
        if code is not None:
            raise ProgramFailedError(f"{self.program.name} terminó con código {code}.", self.log)


@contextlib.contextmanager
def running(program: Program, interrupt: Interrupt) -> Iterator[RunningProgram]:
    """Run the program for as long as the block lasts."""
    process = RunningProgram(program)
    try:
        yield process
    except InterruptedRunError:
        say(f"Deteniendo {program.name}...")
        raise
    finally:
        process.stop(is_impatient=lambda: interrupt.repeated)
