"""A child process that writes to a log file and is stopped together with its descendants."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil

_GRACE_SECONDS = 15
_POLL_SECONDS = 0.05


class ChildProcess(subprocess.Popen[bytes]):
    """A process in its own session, so that Ctrl-C reaches only the parent, which stops its children in order.

    Attributes:
        log: The file with its output.
    """

    def __init__(self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        """Start the command.

        Args:
            command: Program and arguments.
            folder: Its working directory.
            environment: Its whole environment.
            log: Gets its output; an older file is overwritten.
        """
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            super().__init__(  # the callers choose the commands, none comes from outside
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def __exit__(self, *_error: object) -> None:
        """End the process with its descendants when the block ends."""
        self.stop()

    def tree(self) -> list[psutil.Process]:
        """The process and its descendants; empty when it has ended."""
        try:
            root = psutil.Process(self.pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def signal_tree(self, number: signal.Signals) -> None:
        """Send a signal to the process and its descendants."""
        for process in self.tree():
            with contextlib.suppress(psutil.Error, ProcessLookupError):
                process.send_signal(number)

    def stop(self, grace_seconds: float = _GRACE_SECONDS, is_impatient: Callable[[], bool] = lambda: False) -> int:
        """Send SIGTERM to the tree, wait, and kill what is left of it; returns the exit code.

        Args:
            grace_seconds: How long to wait for the process.
            is_impatient: Ends the wait early when it returns true.
        """
        tree = self.tree()
        self.signal_tree(signal.SIGCONT)
        self.signal_tree(signal.SIGTERM)
        deadline = time.monotonic() + grace_seconds
        while self.poll() is None and time.monotonic() < deadline and not is_impatient():
            time.sleep(_POLL_SECONDS)
        for process in tree:
            # psutil compares start times: another process that got the same id since then is left alone.
            with contextlib.suppress(psutil.Error):
                process.kill()
        # Descendants of a process that ended by itself are not in the tree any more, but in its process group.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self.wait()
