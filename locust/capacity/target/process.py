"""An API without Docker, such as that of `make run`: one process, with a CPU limit if the kernel allows it."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urlsplit

import psutil

from capacity.errors import CapacityError
from capacity.measure.cgroup import Counters
from capacity.measure.resource_counter import ProcessCounter
from capacity.model.limits import Limits
from capacity.target.cpu_cgroup import CpuCgroup
from capacity.target.interface import ReplicaNotReadyError
from capacity.target.readiness import is_ready

_READY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class _CgroupProcessCounter:
    process: ProcessCounter
    cgroup: CpuCgroup

    def read(self) -> Counters:
        periods, throttled, seconds = self.cgroup.throttling()
        return replace(self.process.read(), periods=periods, throttled=throttled, throttled_seconds=seconds)


class ProcessTarget:
    """The process that listens at an address of this machine."""

    def __init__(self, url: str) -> None:
        """Find the process.

        Raises:
            CapacityError: When no process listens there, or this user may not see which.
        """
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self.pid = _listener(self._port)
        self.cpu_cgroup: CpuCgroup | None = None
        self.limit_error = ""

    @property
    def replica_count(self) -> int:
        """Always one."""
        return 1

    @contextlib.contextmanager
    def restored_on_exit(self) -> Iterator[None]:
        """Move the process into a control group if possible (else `limit_error` says why not), and back at the end."""
        try:
            self.cpu_cgroup = CpuCgroup.create(self.pid)
        except CapacityError as error:
            self.limit_error = str(error)
        try:
            yield
        finally:
            if self.cpu_cgroup is not None:
                self.cpu_cgroup.remove(self.pid)
                self.cpu_cgroup = None

    def scale(self, count: int) -> None:
        """Accept one replica only.

        Raises:
            CapacityError: With another number.
        """
        if count != 1:
            raise CapacityError("replicas need the Compose stack")

    def limit(self, limits: Limits) -> bool:
        """Limit the CPU; memory stays unlimited, because `make run` ends when its API is killed."""
        if self.cpu_cgroup is not None:
            self.cpu_cgroup.limit(limits.cpus)
        return False

    def restart(self, limits: Limits) -> None:
        """Set the limits without a restart: the program that started the process would end with it."""
        self.limit(limits)

    def refresh(self) -> None:
        """Do nothing: the process stays the same."""

    def await_ready(self) -> None:
        """Wait until it is ready.

        Raises:
            ReplicaNotReadyError: When it is not ready in time.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while not is_ready(self._host, self._port):
            if time.monotonic() > deadline:
                raise ReplicaNotReadyError(f"{self.url}/ready does not say that the API is ready")
            time.sleep(0.2)

    def ooms_and_exits(self, began: float, ended: float) -> tuple[int, int]:
        """0, and 1 if the process has ended; the reason is not known."""
        del began, ended
        return 0, int(not psutil.pid_exists(self.pid))

    def replica_counters(self) -> tuple[ProcessCounter | _CgroupProcessCounter, ...]:
        """The counter of the process."""
        process = ProcessCounter(self.pid)
        return (process if self.cpu_cgroup is None else _CgroupProcessCounter(process, self.cpu_cgroup),)

    def gateway_counter(self) -> None:
        """None: there is no gateway."""


def _listener(port: int) -> int:
    try:
        found = {
            each.pid
            for each in psutil.net_connections("tcp")
            if each.status == psutil.CONN_LISTEN and each.laddr and each.laddr.port == port and each.pid
        }
    except psutil.AccessDenied:
        raise CapacityError(f"this user ({os.getuid()}) may not see who listens at port {port}") from None
    if len(found) != 1:
        raise CapacityError(f"{len(found)} processes listen at port {port}: start one API there, such as with make run")
    return found.pop()
