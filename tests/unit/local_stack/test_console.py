"""Printing to a terminal that may be gone."""

import os
import subprocess
import sys

_SPEAKER = """
import sys
from local_stack.console import say
sys.stdin.read()
say("first")
say("second")
print("after", file=sys.stderr)
"""


def test_a_reader_that_is_gone_does_not_stop_the_program() -> None:
    """`make run | head` ends head first; the rest of the program, and its exit code, stay as they are."""
    with subprocess.Popen(
        [sys.executable, "-c", _SPEAKER],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, errors = process.communicate("")

    assert errors == "after\n"
    assert process.returncode == 0
