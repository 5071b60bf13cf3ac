"""What the process does with its memory once a model serves."""

from __future__ import annotations

import gc


def freeze_gc() -> None:
    """Take what now lives for long out of the garbage collector's sight: its pauses are the p99 of a small service."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
