"""A place of this replica's own in the folder that the replicas share with the gateway: a Unix socket to listen on.

The gateway lists the sockets `replica-1.sock`, `replica-2.sock`, ... and a replica must have one that no other replica
has, though they know nothing of each other and any of them may be killed at any moment. Whoever holds the lock of
`slot-N.lock` owns `replica-N.sock`: the kernel lets go of the lock however the process ends, and what the dead left of
their socket is replaced by the next owner. The lock files stay for ever; two replicas could lock two files of one name
if they did not.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SLOTS: Final = 20  # as many as gateway/haproxy.cfg lists
_OPEN_TO_ALL: Final = 0o666  # the gateway runs as another user, and connecting is writing

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot that this process holds until it ends or closes it.

    Attributes:
        number: 1 for the first.
        path: Where the gateway connects.
        socket: Listens there.
    """

    number: int
    path: Path
    socket: socket.socket
    _lock: int = field(repr=False)

    def close(self) -> None:
        """Take the socket away and let go of the slot, in this order: afterwards the path may be a successor's."""
        with suppress(OSError):  # the folder may be gone
            self.path.unlink()
        self.socket.close()
        os.close(self._lock)


def claim_slot(folder: Path, slots: int = SLOTS, *, backlog: int) -> Slot | None:
    """Take the first free slot and listen there.

    Args:
        folder: Shared with the gateway.
        slots: How many there are.
        backlog: Connections that may wait to be accepted.

    Returns:
        The slot; None, with a warning, when there is none to have: the gateway then comes by TCP.
    """
    problem = f"all {slots} slots are taken"
    for number in range(1, slots + 1):
        try:
            lock = _locked(folder / f"slot-{number}.lock")
            if lock is None:
                continue
            try:
                path = folder / f"replica-{number}.sock"
                return Slot(number, path, _listening(path, backlog), lock)
            except BaseException:
                os.close(lock)
                raise
        except OSError as error:
            problem = str(error)
    _log.warning("no socket in %s, only TCP: %s", folder, problem)
    return None


def _locked(path: Path) -> int | None:
    """Lock the file without waiting; None if another process holds it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BaseException as error:
        os.close(lock)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return lock


def _listening(path: Path, backlog: int) -> socket.socket:
    """Listen on a Unix socket that takes the place of whatever was there once it accepts connections from anyone."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)  # of an owner that died right here
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listener.bind(str(unfinished))
        unfinished.chmod(_OPEN_TO_ALL)
        listener.listen(backlog)
        unfinished.rename(path)
    except BaseException:
        listener.close()
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise
    return listener
