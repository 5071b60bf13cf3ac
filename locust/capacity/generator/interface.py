"""The load generator: a headless Locust process whose users this program sets, and that records every answer."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from capacity.errors import CapacityError
from capacity.measure.clock import SYSTEM_CLOCK, Clock
from capacity.measure.percentiles import AnswerRecords, ResponseStats
from capacity.measure.resource_counter import ResourceCounter

_START_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.1
_MIN_USERS_PER_SECOND: Final = 250
"""The slowest start of users that is waited for; Locust starts three times as many."""
_TAIL_BYTES: Final = 4096


class GeneratorProcess(Protocol):
    """The Locust process."""

    def exit_output(self) -> str | None:
        """The end of its output, when it has ended; None while it runs."""

    def counter(self) -> ResourceCounter:
        """The counter of its CPU and memory."""


@dataclass(frozen=True, slots=True)
class LoadGenerator:
    """Sets and observes the users of one Locust process.

    Attributes:
        process: The Locust process.
        folder: Folder from which it reads the number of users, and to which it writes its records.
        clock: The clock of its records.
    """

    process: GeneratorProcess
    folder: Path
    clock: Clock = SYSTEM_CLOCK

    @staticmethod
    @contextlib.contextmanager
    def shared_folder() -> Iterator[Path]:
        """A folder for one generator, writable for the container's system user."""
        with tempfile.TemporaryDirectory(prefix="taller5-generator-") as name:
            folder = Path(name)
            folder.chmod(0o777)
            write_user_count(folder, 0)
            yield folder

    def set_users(self, users: int, rate: float | None = None) -> None:
        """Set the number of users and, for open arrivals, their rate per second."""
        write_user_count(self.folder, users, rate)

    def await_users(self, users: int) -> bool:
        """Wait until exactly so many users run; False when they do not in time.

        Raises:
            CapacityError: When Locust ends.
        """
        deadline = self.clock.monotonic() + _START_SECONDS + users / _MIN_USERS_PER_SECOND
        while self.current_users() != users:
            output = self.process.exit_output()
            if output is not None:
                raise CapacityError(f"the load generator ended: {output}")
            if self.clock.monotonic() > deadline:
                return False
            self.clock.sleep(_POLL_SECONDS)
        return True

    def set_and_await_users(self, users: int) -> bool:
        """Set the number of users and wait until they run; False when they do not in time.

        Raises:
            CapacityError: When Locust ends.
        """
        self.set_users(users)
        return self.await_users(users)

    def current_users(self) -> int | None:
        """The last recorded number of users, up to a tenth of a second old; None before the first record."""
        counts = [event["users"] for event in self._events(_TAIL_BYTES) if "users" in event]
        return int(counts[-1]) if counts else None

    def min_users(self, began: float, ended: float) -> int:
        """The lowest recorded number of users in a time window; 0 without a record."""
        events = self._events()
        return min(
            (event["users"] for event in events if "users" in event and began <= event["at"] <= ended), default=0
        )

    def responses(self, began: float, ended: float, *, answered: bool = False) -> ResponseStats:
        """Statistics of the requests of a time window, or of those that were answered in it."""
        return AnswerRecords.read(self.folder).stats(began, ended, answered=answered)

    def _events(self, tail: int | None = None) -> list[dict[str, Any]]:
        """The lines of all files, or those in the last `tail` bytes of each."""
        events = []
        for file in self.folder.glob("events-*.jsonl"):
            with file.open("rb") as opened:
                start = max(0, file.stat().st_size - tail) if tail else 0
                opened.seek(start)
                lines = opened.read().rpartition(b"\n")[0].splitlines()
            # The first line of a tail may be incomplete.
            events += [json.loads(line) for line in (lines[1:] if start else lines)]
        return events


def write_user_count(folder: Path, users: int, rate: float | None = None) -> None:
    """Replace the file atomically, so that Locust never reads a part of it."""
    new = folder / "users.new"
    new.write_text(str(users) if rate is None else f"{users} {rate:.6g}", encoding="ascii")
    new.replace(folder / "users")
