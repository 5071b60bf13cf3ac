"""CPU time and memory of a tree of processes."""

import subprocess
import sys

import pytest

from benchmarks.usage import usage_of

# Prints the CPU seconds that the parent and the running child have measured, then runs until its input ends.
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


def test_children_are_counted() -> None:
    """The CPU time is that of the process, of a running child and of one that has ended, as they measure it."""
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


def test_process_that_ended_has_no_usage() -> None:
    """It is no error here, because the caller checks whether the server has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()

    assert usage_of(process.pid).cpu_seconds == 0
