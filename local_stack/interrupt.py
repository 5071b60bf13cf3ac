"""Ctrl-C, SIGTERM and a closed terminal, turned into an orderly end."""

import signal
import threading
from types import FrameType, TracebackType
from typing import Self

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedRunError(Exception):
    """Someone asked for the end."""


class Interrupt:
    """Counts the requests to end while it is entered."""

    def __init__(self) -> None:
        """Start with no request."""
        self.requests = 0
        self._arrived = threading.Event()

    def __enter__(self) -> Self:
        """Take the signals over."""
        for number in _SIGNALS:
            # `nohup` asks to survive the end of the terminal.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self.request)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ignore them from here on: the end is under way and must not become a traceback."""
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)

    @property
    def repeated(self) -> bool:
        """Whether someone is tired of waiting for an orderly end."""
        return self.requests > 1

    def pause(self, seconds: float) -> None:
        """Wait, or raise at once when the end was or is asked for."""
        if self._arrived.wait(seconds):
            raise InterruptedRunError

    def request(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Ask for the end; what a signal does."""
        self.requests += 1
        self._arrived.set()
