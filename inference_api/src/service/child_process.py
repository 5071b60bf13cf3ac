"""What child processes of the service do first, so that they do not harm it."""

from __future__ import annotations

import ctypes
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

_OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
_FIRST_TO_END: Final = "1000"
_PR_SET_PDEATHSIG: Final = 1


def end_before_parent() -> None:
    """Be ended before the parent when memory runs out, and with it when it ends; on Linux only."""
    with suppress(OSError):
        _OOM_SCORE.write_text(_FIRST_TO_END, encoding="ascii")
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
