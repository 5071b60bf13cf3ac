"""Tuning of the garbage collector for serving."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[5] / "inference_api"
# In a process of its own: the heap of the tests takes long to search, and keeps its own settings.
_SCRIPT = """
import gc
import weakref

from src.service.lifecycle.gc_tuning import freeze_gc


class Ring:
    def __init__(self):
        self.ring = self  # only the garbage collector can free it


ring = Ring()
gone = weakref.ref(ring)
freeze_gc()
assert gc.get_freeze_count() > 0
assert gc.get_threshold() == (100_000, 50, 50)
del ring
gc.collect()
assert gone() is not None
freeze_gc()
assert gone() is None
"""


def test_freeze_gc() -> None:
    """Long-lived objects are excluded from garbage collection; a replaced model is freed."""
    ended = subprocess.run([sys.executable, "-c", _SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
