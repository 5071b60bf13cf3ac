"""The users: a Locust process without page that has as many of them as it is told, and writes down every answer."""

from __future__ import annotations

import contextlib
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from capacity.errors import CapacityError
from capacity.measure.percentiles import Answers, Window
from capacity.measure.resource_counter import ResourceCounter

_START_SECONDS: Final = 60.0
_LOOK_SECONDS: Final = 0.1
_USERS_A_SECOND: Final = 250
"""The slowest arrival that is waited for; Locust manages three times as many."""
_TAIL_BYTES: Final = 4096


class Generator(Protocol):
    """The process that the users live in."""

    def last_words(self) -> str | None:
        """What it said at last, when it has ended; None while it runs."""

    def meter(self) -> ResourceCounter:
        """What counts it."""


@dataclass(frozen=True, slots=True)
class LoadGenerator:
    """Users of one generator.

    Attributes:
        generator: Where they live.
        folder: Where it reads how many there should be, and writes what they saw.
    """

    generator: Generator
    folder: Path

    @staticmethod
    @contextlib.contextmanager
    def folders() -> Iterator[Path]:
        """A folder for one crowd, which another system user may write to."""
        with tempfile.TemporaryDirectory(prefix="taller5-crowd-") as name:
            folder = Path(name)
            folder.chmod(0o777)
            tell(folder, 0)
            yield folder

    def have(self, users: int, rate: float | None = None) -> None:
        """Say how many there should be, and how often open arrivals come."""
        tell(self.folder, users, rate)

    def await_users(self, users: int) -> bool:
        """Wait until so many are there, or no more; False when they do not come in time.

        Raises:
            CapacityError: When the generator ends.
        """
        deadline = time.monotonic() + _START_SECONDS + users / _USERS_A_SECOND
        while self.present() != users:
            words = self.generator.last_words()
            if words is not None:
                raise CapacityError(f"the load generator ended: {words}")
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_SECONDS)
        return True

    def gather(self, users: int) -> bool:
        """Have so many, and wait until they are there; False when they do not come in time.

        Raises:
            CapacityError: When the generator ends.
        """
        self.have(users)
        return self.await_users(users)

    def present(self) -> int | None:
        """How many were there at the last look, a tenth of a second ago; None before the first."""
        counts = [event["users"] for event in self._events(_TAIL_BYTES) if "users" in event]
        return int(counts[-1]) if counts else None

    def fewest(self, began: float, ended: float) -> int:
        """The fewest that were there between two moments; none when nobody looked."""
        events = self._events()
        return min(
            (event["users"] for event in events if "users" in event and began <= event["at"] <= ended), default=0
        )

    def seen(self, began: float, ended: float, *, answered: bool = False) -> Window:
        """What became of the requests of a time, or of those that were answered in it."""
        return Answers.read(self.folder).between(began, ended, answered=answered)

    def _events(self, tail: int | None = None) -> list[dict[str, Any]]:
        """Lines of all files, or those of their last so many bytes."""
        events = []
        for file in self.folder.glob("events-*.jsonl"):
            with file.open("rb") as opened:
                start = max(0, file.stat().st_size - tail) if tail else 0
                opened.seek(start)
                lines = opened.read().rpartition(b"\n")[0].splitlines()
            # The first of a tail may be half a line.
            events += [json.loads(line) for line in (lines[1:] if start else lines)]
        return events


def tell(folder: Path, users: int, rate: float | None = None) -> None:
    """Replace the numbers at once: the reader must never see half of them."""
    new = folder / "users.new"
    new.write_text(str(users) if rate is None else f"{users} {rate:.6g}", encoding="ascii")
    new.replace(folder / "users")
