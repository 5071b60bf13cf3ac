"""The subject of a question: something that serves, whose limits can be changed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from capacity.errors import CapacityError
from capacity.measure.resource_counter import ResourceCounter
from capacity.model.limits import Limits


class NotReadyError(CapacityError):
    """A replica did not become ready.

    Attributes:
        ooms: How often its memory was full meanwhile.
    """

    def __init__(self, message: str, ooms: int = 0) -> None:
        """Say which."""
        super().__init__(message)
        self.ooms = ooms


class Target(Protocol):
    """What a laboratory measures."""

    @property
    def replica_count(self) -> int:
        """How many replicas there are."""

    def borrowed(self) -> AbstractContextManager[None]:
        """Afterwards everything is as before."""

    def have(self, count: int) -> None:
        """Have so many replicas."""

    def limit(self, limits: Limits) -> bool:
        """Give each replica its limits while it runs; True when that took a restart, which all connections lose."""

    def restart(self, limits: Limits) -> None:
        """Start all replicas anew under these limits, and wait until they are ready."""

    def await_ready(self) -> None:
        """Wait until every replica says that it is."""

    def look(self) -> None:
        """Find the replicas as they are now."""

    def ends(self, began: float, ended: float) -> tuple[int, int]:
        """How often memory was full, and how often a process ended, between two moments in seconds since 1970."""

    def replica_meters(self) -> tuple[ResourceCounter, ...]:
        """What counts the replicas."""

    def gateway_meter(self) -> ResourceCounter | None:
        """What counts the gateway; None without one."""
