"""The load generator without Docker: a Locust process on this machine."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from capacity.errors import CapacityError
from capacity.generator.interface import LoadGenerator
from capacity.measure.resource_counter import ProcessCounter

_LOCUSTFILE: Final = Path(__file__).resolve().parents[2] / "main.py"
_STOP_SECONDS: Final = 10
_MAX_OUTPUT: Final = 600


class LocustProcess:
    """A Locust process that is a child of this program."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        """Wrap a started process and the file of its output."""
        self._process = process
        self._log = log

    def counter(self) -> ProcessCounter:
        """The counter of the process."""
        return ProcessCounter(self._process.pid)

    def exit_output(self) -> str | None:
        """The end of its output, when it has ended; None while it runs."""
        if self._process.poll() is None:
            return None
        return self._log.read_text(encoding="utf-8", errors="replace").strip()[-_MAX_OUTPUT:]


@contextlib.contextmanager
def local_load_generator(url: str, variables: dict[str, str]) -> Iterator[LoadGenerator]:
    """Start a load generator without users; the process is ended afterwards in any case.

    Args:
        url: URL that the users send to.
        variables: More environment variables for Locust, such as the kind of user.

    Raises:
        CapacityError: When Locust is not installed.
    """
    locust = Path(sys.executable).with_name("locust")
    if not locust.is_file():
        raise CapacityError(f"{locust} is missing: use the environment of make capacity")
    with LoadGenerator.shared_folder() as folder:
        log = folder / "locust.log"
        environment = {
            **os.environ,
            "LOCUST_HOST": url,
            "LOCUST_RECORD": str(folder),
            "LOCUST_USERS_FILE": str(folder / "users"),
            "LOCUST_LOGLEVEL": "ERROR",
            **variables,
        }
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - Locust of this environment
                [locust, "-f", _LOCUSTFILE, "--headless", "--only-summary", "--users", "1", "--spawn-rate", "1"],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        try:
            yield LoadGenerator(LocustProcess(process, log), folder)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
