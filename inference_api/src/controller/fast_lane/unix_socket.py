"""Leases a Unix socket of the folder that the replicas share with the gateway.

The gateway lists the sockets `replica-1.sock`, `replica-2.sock`, ... Each replica needs one of its own, although the
replicas do not know each other and may be killed at any moment. The process that holds the lock of `slot-N.lock` owns
`replica-N.sock`. The kernel releases the lock however the process ends, and the next owner replaces a socket that was
left behind. The lock files are never removed: otherwise two replicas could lock two files of the same name.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import Final

SLOTS: Final = 20  # as many as gateway/haproxy.cfg lists
_MODE: Final = 0o666  # the gateway runs as another user, and connecting needs the right to write

_log = logging.getLogger(__name__)


class SocketLease(socket.socket):
    """A listening socket that belongs to this process until it is closed or the process ends.

    Attributes:
        number: N of `replica-N.sock`.
        path: Path of the socket.
    """

    def __init__(self, number: int, path: Path, lock: int) -> None:
        """Create the socket; `claim_socket` binds it.

        Args:
            number: N of `replica-N.sock`.
            path: Path of the socket.
            lock: Descriptor with the lock of `slot-N.lock`; the lease closes it.
        """
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self.number = number
        self.path = path
        self._lock: int | None = lock

    def close(self) -> None:
        """Remove the socket, then release the lock: after that the path may belong to another replica."""
        if self._lock is not None:
            with suppress(OSError):  # the folder may be gone
                self.path.unlink(missing_ok=True)
        super().close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def claim_socket(folder: Path, slots: int = SLOTS, *, backlog: int) -> SocketLease | None:
    """Lock the first free slot and listen on its socket.

    Args:
        folder: Shared with the gateway.
        slots: Number of slots.
        backlog: Connections that may wait to be accepted.

    Returns:
        The lease; None, with a warning, when there is none: the gateway then connects by TCP.
    """
    problem = f"all {slots} slots are taken"
    for number in range(1, slots + 1):
        try:
            lock = _locked(folder / f"slot-{number}.lock")
            if lock is None:
                continue
            lease = SocketLease(number, folder / f"replica-{number}.sock", lock)
            try:
                _listen(lease, backlog)
            except BaseException:
                lease.close()
                raise
            return lease  # noqa: TRY300 - the end of this attempt
        except OSError as error:
            problem = str(error)
    _log.warning("no socket in %s, only TCP: %s", folder, problem)
    return None


def _locked(path: Path) -> int | None:
    """Lock the file without waiting; None when another process has the lock."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException as error:
        os.close(lock)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return lock


def _listen(lease: SocketLease, backlog: int) -> None:
    """Listen, allow every user to connect, then replace whatever is at the path."""
    unfinished = lease.path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)  # left by an owner that was killed at this point
    lease.bind(str(unfinished))
    unfinished.chmod(_MODE)
    lease.listen(backlog)
    unfinished.rename(lease.path)
