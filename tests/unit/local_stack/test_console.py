"""Printing to a closed terminal."""

import os
import subprocess
import sys

_PRINTS = """
import sys
from local_stack.console import say
sys.stdin.read()
say("first")
say("second")
print("after", file=sys.stderr)
"""


def test_a_closed_output_does_not_end_the_program() -> None:
    """After `make run | head` has ended head, the program goes on and its exit code is 0."""
    with subprocess.Popen(
        [sys.executable, "-c", _PRINTS],
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
