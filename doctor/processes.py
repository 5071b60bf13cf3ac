"""Processes of this machine, without libraries: from /proc on Linux, from `ps` and `lsof` on macOS."""

from __future__ import annotations

import contextlib
import re
import shlex
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_LISTEN = "0A"
_SECONDS = 4


@dataclass(frozen=True)
class Process:
    """A process that listens on a port."""

    pid: int
    command: str

    def __str__(self) -> str:
        """A description by which the user can recognise or stop it."""
        return f"{self.command or '?'} (PID {self.pid})"


def command_of(pid: int) -> str:
    """The command line of a process; empty when there is none, or it is hidden."""
    if _PROC.is_dir():
        with contextlib.suppress(OSError):
            words = (_PROC / str(pid) / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            return shlex.join(word for word in words if word)
        return ""
    return _printed("ps", "-o", "command=", "-p", str(pid)).strip()


def environment_of(pid: int) -> dict[str, str]:
    """The variables of a process of this user, where the system shows them."""
    try:
        entries = (_PROC / str(pid) / "environ").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return {}
    return dict(entry.split("=", 1) for entry in entries if "=" in entry)


def ancestors_of(pid: int) -> Iterator[int]:
    """The process and those that started it."""
    while pid > 1:
        yield pid
        pid = _parent_of(pid)


def find_listener(port: int) -> Process | None:
    """The process that listens on a port, among those that this user may inspect."""
    if not _PROC.is_dir():
        found = re.search(r"^p(\d+)", _printed("lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fp"), re.MULTILINE)
        return Process(int(found[1]), command_of(int(found[1]))) if found else None
    sockets = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    for folder in _PROC.iterdir() if sockets else ():
        if folder.name.isdecimal() and sockets & set(_open_files(folder)):
            return Process(int(folder.name), command_of(int(folder.name)))
    return None


def _parent_of(pid: int) -> int:
    if _PROC.is_dir():
        with contextlib.suppress(OSError):
            # The second field is the name, which may hold blanks and parentheses.
            return int((_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        return 0
    text = _printed("ps", "-o", "ppid=", "-p", str(pid)).strip()
    return int(text) if text.isdecimal() else 0


def _listening_inodes(port: int) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        for fields in map(str.split, lines):
            if fields[3] == _LISTEN and int(fields[1].rpartition(":")[2], 16) == port:
                yield fields[9]


def _open_files(process: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):  # it has ended, or belongs to another user
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                yield str(descriptor.readlink())


def _printed(*command: str) -> str:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        return subprocess.run(  # noqa: S603 - the callers choose the command
            command, capture_output=True, text=True, check=False, timeout=_SECONDS
        ).stdout
    return ""
