"""Users without Docker: a Locust process on this machine."""

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
_END_SECONDS: Final = 10
_WORDS: Final = 600


class ProcessGenerator:
    """A load generator that is a child of this program."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        """Take one that was started."""
        self._process = process
        self._log = log

    def meter(self) -> ProcessCounter:
        """The process."""
        return ProcessCounter(self._process.pid)

    def last_words(self) -> str | None:
        """What it said at last, when it has ended."""
        if self._process.poll() is None:
            return None
        return self._log.read_text(encoding="utf-8", errors="replace").strip()[-_WORDS:]


@contextlib.contextmanager
def local_crowd(url: str, variables: dict[str, str]) -> Iterator[LoadGenerator]:
    """Start a generator without users; whatever happens, it is gone afterwards.

    Args:
        url: Where the users go.
        variables: More of Locust's environment, such as the kind of the users.

    Raises:
        CapacityError: When Locust is not installed.
    """
    locust = Path(sys.executable).with_name("locust")
    if not locust.is_file():
        raise CapacityError(f"{locust} is missing: use the environment of make capacity")
    with LoadGenerator.folders() as folder:
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
            process = subprocess.Popen(  # noqa: S603 - of this project's own environment
                [locust, "-f", _LOCUSTFILE, "--headless", "--only-summary", "--users", "1", "--spawn-rate", "1"],
                env=environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )
        try:
            yield LoadGenerator(ProcessGenerator(process, log), folder)
        finally:
            process.terminate()
            try:
                process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
