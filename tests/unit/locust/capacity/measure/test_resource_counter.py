"""Counters of processes without a control group."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest

from capacity.measure.resource_counter import ProcessCounter

WORK = """
import time
big = bytearray(60_000_000)
end = time.process_time() + 0.4
while time.process_time() < end:
    pass
print(1, flush=True)
input()
"""


def test_children_are_counted() -> None:
    """CPU and memory of a child count, its CPU also after it has ended."""
    before = ProcessCounter(os.getpid()).read()
    child = subprocess.Popen([sys.executable, "-c", WORK], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    during = ProcessCounter(os.getpid()).read()
    child.communicate(b"\n")
    after = ProcessCounter(os.getpid()).read()
    assert during.memory_bytes - before.memory_bytes > 50_000_000
    assert during.cpu_seconds - before.cpu_seconds > 0.35
    assert after.cpu_seconds >= during.cpu_seconds
    assert after.periods == 0


def test_process_that_ended_is_an_error() -> None:
    """It is an OSError, as the missing files of a control group."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    time.sleep(0.05)
    with pytest.raises(OSError, match=f"process {child.pid} no longer exists"):
        ProcessCounter(child.pid).read()
