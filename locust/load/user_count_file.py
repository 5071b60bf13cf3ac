"""As many users as a file says, from moment to moment: how a program beside Locust holds the reins of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import gevent

from load.arrivals import Arrivals

_LOOK_SECONDS: Final = 0.05
_MOST_AT_A_LOOK: Final = 100
"""So that the others are not kept waiting: a user takes a third of a millisecond to start."""


class UserCountFile:
    """Follows a file that another program replaces when it wants more users or fewer.

    It holds their number and, where arrivals are open, a space and the arrivals a second. Locust's own shapes are asked
    once a second, and its rates start all users of a second at once.
    """

    def __init__(self, file: Path, arrivals: Arrivals | None = None) -> None:
        """Follow a file that exists, once a run begins.

        Args:
            file: What to follow.
            arrivals: Those whose rate it says; None when each user sends by itself.
        """
        self._file = file
        self._arrivals = arrivals
        self._follower: gevent.Greenlet | None = None

    def listen(self, events: Any) -> None:
        """Take part in a run.

        Args:
            events: Locust's.
        """
        events.test_start.add_listener(self.on_test_start)

    def on_test_start(self, environment: Any, **_: Any) -> None:
        """Begin to follow."""
        if self._follower is None:
            self._follower = gevent.spawn(self._follow, environment.runner)
            self._follower.link_exception(lambda _: environment.runner.quit())

    def _follow(self, runner: Any) -> None:
        while True:
            wanted, *rate = map(float, self._file.read_text(encoding="ascii").split())
            if self._arrivals is not None and rate:
                self._arrivals.rate = rate[0]
            there = runner.user_count
            users = min(int(wanted), there + _MOST_AT_A_LOOK)
            if users not in (there, runner.target_user_count):
                runner.start(users, spawn_rate=max(1, abs(users - there)))
            gevent.sleep(_LOOK_SECONDS)
