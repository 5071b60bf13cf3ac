"""A client of the Open Inference Protocol in an environment of its own."""

import fcntl
import json
import subprocess
from pathlib import Path
from typing import Any, Self

from benchmarks.environments import programs_of
from benchmarks.place import HOME

FOLDER = Path(__file__).parent


class ClientProcess:
    """Answers jobs until it is closed: `with ClientProcess(...) as client`."""

    def __init__(self, environment: str, module: str, lists: Path = FOLDER) -> None:
        """Install the environment if need be, and start the client.

        Args:
            environment: Name of the environment and of its list.
            module: The client, a module of this package.
            lists: Folder of the list.
        """
        HOME.mkdir(exist_ok=True)
        with (HOME / "clients.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # another process of the same test run may install it
            python = programs_of(environment, lists=lists) / "python"
        self._process = subprocess.Popen(
            [python, "-m", f"inference_clients.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=FOLDER.parent,
        )

    def __enter__(self) -> Self:
        """The client."""
        return self

    def __exit__(self, *_failure: object) -> None:
        """End it."""
        self._process.communicate()

    def ask(self, **job: Any) -> dict[str, Any]:
        """The answer to a job: `result`, or the `error` that the client raised."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
