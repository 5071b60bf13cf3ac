"""The system under test: an API whose CPU and memory limits can be changed."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from capacity.errors import CapacityError
from capacity.measure.resource_counter import ResourceCounter
from capacity.model.limits import Limits


class ReplicaNotReadyError(CapacityError):
    """A replica did not become ready.

    Attributes:
        oom_kills: OOM kills meanwhile.
    """

    def __init__(self, message: str, oom_kills: int = 0) -> None:
        """Create the error."""
        super().__init__(message)
        self.oom_kills = oom_kills


class Target(Protocol):
    """The system under test."""

    @property
    def replica_count(self) -> int:
        """Number of replicas."""

    def restored_on_exit(self) -> AbstractContextManager[None]:
        """Restore limits and number of replicas at the end of the context."""

    def scale(self, count: int) -> None:
        """Set the number of replicas."""

    def limit(self, limits: Limits) -> bool:
        """Set the limits of the running replicas; True when that took a restart, which closes all connections."""

    def restart(self, limits: Limits) -> None:
        """Restart all replicas under these limits, and wait until they are ready."""

    def await_ready(self) -> None:
        """Wait until every replica is ready."""

    def refresh(self) -> None:
        """Read the replicas' process ids and addresses again, which change with a restart."""

    def ooms_and_exits(self, began: float, ended: float) -> tuple[int, int]:
        """Number of OOM kills, and of exits, between two times in seconds since 1970."""

    def replica_counters(self) -> tuple[ResourceCounter, ...]:
        """The counters of the replicas."""

    def gateway_counter(self) -> ResourceCounter | None:
        """The counter of the gateway; None without one."""
