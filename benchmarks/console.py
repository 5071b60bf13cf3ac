"""Progress messages on standard error."""

from __future__ import annotations

import sys
import time

_started = time.monotonic()


def say(text: str) -> None:
    """Print one line with the seconds since the start."""
    sys.stderr.write(f"[{time.monotonic() - _started:6.1f} s] {text}\n")
    sys.stderr.flush()
