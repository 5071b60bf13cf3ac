"""Handling of Ctrl-C, SIGTERM and a closed terminal: an orderly shutdown."""

import signal
import time
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_POLL_SECONDS = 0.05


class InterruptedRunError(Exception):
    """A signal requested the shutdown."""


class Interrupt:
    """Counts the signals that request the shutdown, inside its `with` block."""

    def __init__(self) -> None:
        """Start with no signal received."""
        self.requests = 0

    def __enter__(self) -> Self:
        """Install the signal handlers."""
        for number in _SIGNALS:
            # Under `nohup` SIGHUP is ignored and must stay so.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self.request)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ignore the signals from here on: the shutdown is in progress and must not end with a traceback."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @property
    def repeated(self) -> bool:
        """Whether a second signal requests an immediate end."""
        return self.requests > 1

    def pause(self, seconds: float) -> None:
        """Wait; raise as soon as a shutdown has been requested."""
        deadline = time.monotonic() + seconds
        # Not a threading.Event: the handler runs in this thread, perhaps while `wait` holds the lock that `set` takes.
        while not self.requests:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                return
            time.sleep(min(remaining, _POLL_SECONDS))
        raise InterruptedRunError

    def request(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Request the shutdown, as a signal does."""
        self.requests += 1
