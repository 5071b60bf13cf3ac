"""Lets another program set the number of users of a run at any time, by a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import gevent

from load.arrivals import Arrivals

_POLL_SECONDS: Final = 0.05
_MAX_STARTS_PER_POLL: Final = 100
"""A user takes a third of a millisecond to start, and the other users wait meanwhile."""


class UserCountFile:
    """Starts and stops users as a file says that another program replaces.

    The file has their number and, for open arrivals, a space and the arrivals per second. Locust's own shapes are not
    enough: they are called once per second, and start all users of a second at once.
    """

    def __init__(self, file: Path, arrivals: Arrivals | None = None) -> None:
        """Read the file from the start of a run.

        Args:
            file: The file; it must exist.
            arrivals: Open arrivals whose rate it sets; None without open arrivals.
        """
        self._file = file
        self._arrivals = arrivals
        self._poller: gevent.Greenlet | None = None

    def listen(self, events: Any) -> None:
        """Register for Locust's events.

        Args:
            events: Locust's events.
        """
        events.test_start.add_listener(self.on_test_start)

    def on_test_start(self, environment: Any, **_: Any) -> None:
        """Begin to read the file."""
        if self._poller is None:
            self._poller = gevent.spawn(self._poll, environment.runner)
            self._poller.link_exception(lambda _: environment.runner.quit())

    def _poll(self, runner: Any) -> None:
        while True:
            count, *rate = map(float, self._file.read_text(encoding="ascii").split())
            if self._arrivals is not None and rate:
                self._arrivals.rate = rate[0]
            present = runner.user_count
            users = min(int(count), present + _MAX_STARTS_PER_POLL)
            if users not in (present, runner.target_user_count):
                runner.start(users, spawn_rate=max(1, abs(users - present)))
            gevent.sleep(_POLL_SECONDS)
