"""What child processes of the service do first, so that they harm it neither by their work nor by their memory."""

from __future__ import annotations

import ctypes
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

_NICENESS: Final = 10
_OOM_SCORE: Final = Path("/proc/self/oom_score_adj")
_FIRST_TO_END: Final = "1000"
_PR_SET_PDEATHSIG: Final = 1


def give_way() -> None:
    """Let the parent go first, be ended before it when memory runs out, and end with it."""
    os.nice(_NICENESS)
    with suppress(OSError):  # not Linux
        _OOM_SCORE.write_text(_FIRST_TO_END, encoding="ascii")
    with suppress(AttributeError, OSError):  # not Linux; then it ends when it reads the end of its input
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal goes to all; the parent ends this process
