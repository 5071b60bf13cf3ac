"""What a tree of processes took."""

import subprocess
import sys

import pytest

from benchmarks.usage import usage_of

# Prints the CPU seconds that parent and living child measured themselves, then lives on until its input ends.
_TREE = """
import os, subprocess, sys, time
burn = "import time\\nwhile time.process_time() < 0.2: pass\\n"
subprocess.run([sys.executable, "-c", burn], check=True)
tell = burn + "print(time.process_time(), flush=True)\\nblock = bytearray(50_000_000)\\ninput()"
child = subprocess.Popen([sys.executable, "-c", tell], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
living = float(child.stdout.readline())
while time.process_time() < 0.2: pass
times = os.times()
print(living + times.user + times.system + times.children_user + times.children_system, flush=True)
input()
child.stdin.close()
child.wait()
"""


def test_a_tree_is_counted_with_its_living_and_its_dead() -> None:
    """The process itself, a child that lives, and one that has ended: as much as they say themselves."""
    command = [sys.executable, "-c", _TREE]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        own = float(process.stdout.readline())
        usage = usage_of(process.pid)
        process.communicate("\n")

    assert own > 0.5
    # Ticks are hundredths of a second, and each of three processes is rounded in user and system time.
    assert usage.cpu_seconds == pytest.approx(own, abs=0.08)
    assert usage.rss_bytes > 10_000_000


def test_a_process_that_is_gone_has_taken_nothing() -> None:
    """The server died: that is told elsewhere."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert usage_of(process.pid).cpu_seconds == 0
