"""A process that is measured: it runs on one core, can be paused, and is counted with its children."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from benchmarks.cores import pinned
from benchmarks.errors import ServerFailedError
from benchmarks.usage import Usage, usage_of
from local_stack.child_process import ChildProcess

_GRACE_SECONDS = 10
_POLL_SECONDS = 0.001
_TAIL_BYTES = 1500
_NOT_RUNNING = {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}


class Process(ChildProcess):
    """A process that runs on one core and can be paused."""

    def __init__(
        self, command: Sequence[str], *, core: int, log: Path, folder: Path, environment: Mapping[str, str]
    ) -> None:
        """Start the process on the core."""
        with pinned(core):
            super().__init__(command, folder=folder, environment=environment, log=log)

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.poll() is None

    def last_log_line(self) -> str:
        """Its exit code and the last line of its log."""
        text = self.log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return f"exit code {self.poll()}: {lines[-1] if lines else 'no output'}"

    def usage(self) -> Usage:
        """CPU time and memory of the whole tree."""
        return usage_of(self.pid)

    def pause(self) -> None:
        """Stop the tree with SIGSTOP, so that it takes no CPU time from the process that is measured.

        Signals are delivered asynchronously: this returns when no process of the tree runs any more.

        Raises:
            ServerFailedError: A process of it still ran after some seconds.
        """
        self.signal_tree(signal.SIGSTOP)
        deadline = time.monotonic() + _GRACE_SECONDS
        while unstopped := [process for process in self.tree() if _is_running(process)]:
            if time.monotonic() > deadline:
                raise ServerFailedError(f"process {unstopped[0].pid} does not stop on SIGSTOP")
            time.sleep(_POLL_SECONDS)

    def resume(self) -> None:
        """Continue the tree after a pause."""
        self.signal_tree(signal.SIGCONT)


def _is_running(process: psutil.Process) -> bool:
    try:
        return process.status() not in _NOT_RUNNING
    except psutil.NoSuchProcess:
        return False


@contextlib.contextmanager
def running(
    command: Sequence[str], *, core: int, log: Path, folder: Path, environment: Mapping[str, str]
) -> Iterator[Process]:
    """Run the program for as long as the block lasts."""
    process = Process(command, core=core, log=log, folder=folder, environment=environment)
    try:
        yield process
    finally:
        process.stop(_GRACE_SECONDS)


def quiet_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """The environment of every server: the caller's without the settings of another MLflow, and one thread."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))}
    return {
        **inherited,
        # The server has one core: more threads would only compete for it.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
        **changes,
    }
