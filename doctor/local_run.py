"""The state of `make run` in its data folder, `.local-stack`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from doctor.processes import command_of, environment_of

_COMMAND = re.compile(r" -m local_stack( |$)")
API_PORT = 8000
MLFLOW_PORT = 8005


@dataclass(frozen=True)
class LocalRun:
    """Where `make run` keeps its data, and its process if it runs now.

    Attributes:
        home: The data folder.
        pid: The process; None when it does not run.
        api_port: The port of its API.
        mlflow_port: The port of its MLflow.
        started: When it was started last, in seconds since 1970.
    """

    home: Path
    pid: int | None
    api_port: int
    mlflow_port: int
    started: float = 0.0

    def log(self, program: str) -> Path:
        """The log of one of its programs."""
        return self.home / "logs" / f"{program}.log"


def find_local_run(root: Path, environment: Mapping[str, str]) -> LocalRun | None:
    """The data of `make run`; None if it was never used here."""
    home = Path(environment.get("LOCAL_STACK_HOME") or root / ".local-stack").expanduser().absolute()
    if not home.is_dir():
        return None
    pid = _running_pid(home)
    # Its own variables say which ports it was given.
    given = environment if pid is None else {**environment, **environment_of(pid)}
    started = (home / "lock").stat().st_mtime if pid is not None else 0.0  # it writes its number at its start
    return LocalRun(home, pid, _port(given, "API_PORT", API_PORT), _port(given, "MLFLOW_PORT", MLFLOW_PORT), started)


def _running_pid(home: Path) -> int | None:
    try:
        text = (home / "lock").read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
    # The file keeps the number after the end, and another process may have it then.
    return int(text) if text.isdecimal() and _COMMAND.search(command_of(int(text))) else None


def _port(given: Mapping[str, str], name: str, default: int) -> int:
    text = given.get(name, "")
    return int(text) if text.isdecimal() else default


def is_writable(folder: Path) -> bool:
    """Whether this user may write into the folder."""
    return os.access(folder, os.W_OK | os.X_OK)
