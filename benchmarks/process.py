"""A program with all its children: started on a core, paused while others are measured, accounted for as a whole."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from benchmarks.cores import pinned
from benchmarks.errors import ServerFailedError
from benchmarks.usage import Usage, usage_of

_GRACE_SECONDS = 10
_GLANCE_SECONDS = 0.001
_TAIL_BYTES = 1500
_STILL = {psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD}


class Process:
    """A running program in a session of its own, so that Ctrl-C reaches only the benchmark, which then ends it."""

    def __init__(
        self, command: Sequence[str], *, core: int, log: Path, folder: Path, environment: Mapping[str, str]
    ) -> None:
        """Start it with its output in its log."""
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output, pinned(core):
            self._process = subprocess.Popen(  # noqa: S603 - the commands are those of servers.py
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id of its root."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether its root lives."""
        return self._process.poll() is None

    def last_log_line(self) -> str:
        """The end of its log on one line."""
        text = self.log.read_bytes()[-_TAIL_BYTES:].decode(errors="replace")
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        return f"exit code {self._process.poll()}: {lines[-1] if lines else 'it said nothing'}"

    def usage(self) -> Usage:
        """CPU time and memory of the whole tree."""
        return usage_of(self.pid)

    def pause(self) -> None:
        """Stop the tree where it is: what it polls and beats would cost the one that is measured.

        A signal is delivered when the kernel comes to it: this returns once nothing of the tree runs any more.

        Raises:
            ServerFailedError: Something of it still ran after some seconds.
        """
        self._signal(signal.SIGSTOP)
        deadline = time.monotonic() + _GRACE_SECONDS
        while moving := [process for process in self._tree() if _moves(process)]:
            if time.monotonic() > deadline:
                raise ServerFailedError(f"process {moving[0].pid} does not stop on SIGSTOP")
            time.sleep(_GLANCE_SECONDS)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def stop(self) -> None:
        """Ask it to end, wait, and end what is left."""
        tree = self._tree()
        self._signal(signal.SIGCONT)
        self._signal(signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_SECONDS
        while self.running and time.monotonic() < deadline:
            time.sleep(0.05)
        for process in tree:
            # psutil compares start times: a process id that was given to another since then is left alone.
            with contextlib.suppress(psutil.Error):
                process.kill()
        self._process.wait()

    def _tree(self) -> list[psutil.Process]:
        try:
            root = psutil.Process(self.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _signal(self, number: signal.Signals) -> None:
        for process in self._tree():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                process.send_signal(number)


def _moves(process: psutil.Process) -> bool:
    try:
        return process.status() not in _STILL
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
        process.stop()


def quiet_environment(changes: Mapping[str, str]) -> dict[str, str]:
    """What every server gets: the caller's variables without those that choose another MLflow, one thread each."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW_", "PYTHONPATH"))}
    return {
        **inherited,
        # One core is measured: more threads than that only fight for it.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "1",
        "NO_PROXY": "127.0.0.1,localhost",
        "no_proxy": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
        **changes,
    }
