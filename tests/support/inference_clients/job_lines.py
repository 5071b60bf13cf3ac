"""Jobs for a client that runs in an environment of its own: one line of JSON in, one out."""

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np


def answer_jobs(answer: Callable[[dict[str, Any]], Any]) -> None:
    """Answer every job of the standard input; what is raised is the answer `{"error": text}`.

    Args:
        answer: Does one job.
    """
    for line in sys.stdin:
        try:
            found = {"result": answer(json.loads(line))}
        except Exception as error:  # noqa: BLE001 - the test compares what a client raises
            found = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


def array_of(given: dict[str, Any]) -> np.ndarray[Any, Any]:
    """The array of an input: its values as its dtype, where null is NaN."""
    values = [np.nan if value is None else value for value in given["values"]]
    return np.array(values, given["dtype"]).reshape(given["shape"])
