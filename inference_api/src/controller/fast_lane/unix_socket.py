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
from pathlib import Path
from typing import Final

SLOTS: Final = 20  # as many as gateway/haproxy.cfg lists
_OPEN_TO_ALL: Final = 0o666  # the gateway runs as another user, and connecting is writing

_log = logging.getLogger(__name__)


class SocketLease(socket.socket):
    """The socket of a slot that this process holds until it closes it or ends.

    Attributes:
        number: 1 for the first.
        path: Where the gateway connects.
    """

    def __init__(self, number: int, path: Path, lock: int) -> None:
        """Make the socket; `claim_socket` lets it listen.

        Args:
            number: 1 for the first.
            path: Where the gateway will connect.
            lock: Descriptor that holds the slot's lock; the slot closes it.
        """
        super().__init__(socket.AF_UNIX, socket.SOCK_STREAM)
        self.number = number
        self.path = path
        self._lock: int | None = lock

    def close(self) -> None:
        """Take the socket away and let go of the slot, in this order: afterwards the path may be a successor's."""
        if self._lock is not None:
            with suppress(OSError):  # the folder may be gone
                self.path.unlink(missing_ok=True)
        super().close()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def claim_socket(folder: Path, slots: int = SLOTS, *, backlog: int) -> SocketLease | None:
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
            slot = SocketLease(number, folder / f"replica-{number}.sock", lock)
            try:
                _listen(slot, backlog)
            except BaseException:
                slot.close()
                raise
            return slot  # noqa: TRY300 - beside the claim that it ends
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


def _listen(slot: SocketLease, backlog: int) -> None:
    """Take the path, whatever was there, once the socket accepts connections from everyone."""
    unfinished = slot.path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)  # of an owner that died right here
    slot.bind(str(unfinished))
    unfinished.chmod(_OPEN_TO_ALL)
    slot.listen(backlog)
    unfinished.rename(slot.path)
