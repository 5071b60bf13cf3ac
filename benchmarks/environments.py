"""The Python environments of the peers, each created once from its pinned list."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

from benchmarks.console import say
from benchmarks.errors import ServerFailedError
from benchmarks.place import HOME, ROOT

_LISTS = ROOT / "benchmarks" / "peers"
_INSTALL_SECONDS = 900
_VERSIONS = """
import importlib.metadata as metadata, json
print(json.dumps({found.metadata["Name"].lower(): found.version for found in metadata.distributions()}))
"""


def programs_of(name: str | None, *, lists: Path = _LISTS, home: Path = HOME) -> Path:
    """The folder `bin` of an environment, which is created if it is missing.

    Args:
        name: Name of the environment and of its list; None for the project's own.
        lists: Folder of the pinned lists.
        home: Folder of the environments.

    Raises:
        ServerFailedError: When it cannot be installed.
    """
    if name is None:
        return Path(sys.executable).parent
    wanted = lists / f"{name}.txt"
    folder = home / "environments" / name
    stamp = folder / ".installed"
    digest = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()
    if not (stamp.is_file() and stamp.read_text(encoding="ascii") == digest):
        say(f"installing {name} (once)")
        uv = str(Path(sys.executable).with_name("uv"))
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
        _run(
            [uv, "pip", "install", "--quiet", "--python", str(folder / "bin" / "python"), "--requirement", str(wanted)]
        )
        stamp.write_text(digest, encoding="ascii")
    return folder / "bin"


def versions_of(name: str | None) -> dict[str, str]:
    """The installed versions of an environment, by lower-case package name."""
    python = programs_of(name) / "python"
    listed = subprocess.run([str(python), "-c", _VERSIONS], capture_output=True, text=True, check=True)  # noqa: S603 - as above
    versions: dict[str, str] = json.loads(listed.stdout)
    return versions


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(  # noqa: S603 - uv, with the lists of this project
            command, capture_output=True, text=True, check=False, timeout=_INSTALL_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ServerFailedError(f"cannot be installed: {error}") from None
    if done.returncode:
        raise ServerFailedError(f"cannot be installed: {' '.join(done.stderr.split())[-300:]}")
