"""Ends a run on SIGTERM such that no paused server or load generator is left running."""

from __future__ import annotations

import signal
from typing import NoReturn


def end_in_order() -> None:
    """Let SIGTERM raise an exception, as Ctrl-C does."""
    signal.signal(signal.SIGTERM, _terminated)


def _terminated(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)
