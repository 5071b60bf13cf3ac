"""An API without Docker, such as that of `make run`: one process, with a CPU limit where the kernel allows that."""

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
from capacity.target.interface import NotReadyError
from capacity.target.readiness import is_ready

_READY_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class _CagedMeter:
    process: ProcessCounter
    cage: CpuCgroup

    def read(self) -> Counters:
        periods, throttled, seconds = self.cage.throttling()
        return replace(self.process.read(), periods=periods, throttled=throttled, throttled_seconds=seconds)


class ProcessTarget:
    """The process that listens at an address of this machine."""

    def __init__(self, url: str) -> None:
        """Find it.

        Raises:
            CapacityError: When nobody listens there, or who it is cannot be seen.
        """
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self.pid = _listener(self._port)
        self.cage: CpuCgroup | None = None
        self.no_limits = ""

    @property
    def replica_count(self) -> int:
        """Always one."""
        return 1

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[None]:
        """Limits are possible inside, where the kernel lets us; `no_limits` says why not."""
        try:
            self.cage = CpuCgroup.around(self.pid)
        except CapacityError as error:
            self.no_limits = str(error)
        try:
            yield
        finally:
            if self.cage is not None:
                self.cage.open(self.pid)
                self.cage = None

    def have(self, count: int) -> None:
        """One is all there is.

        Raises:
            CapacityError: When more are wanted.
        """
        if count != 1:
            raise CapacityError("replicas need the Compose stack")

    def limit(self, limits: Limits) -> bool:
        """Limit the CPU; the memory stays free, because `make run` ends with its API."""
        if self.cage is not None:
            self.cage.limit(limits.cpus)
        return False

    def restart(self, limits: Limits) -> None:
        """Only limit: another program started it and would end with it."""
        self.limit(limits)

    def look(self) -> None:
        """It stays the process that it is."""

    def await_ready(self) -> None:
        """Wait until it says that it is ready.

        Raises:
            NotReadyError: When it does not in time.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while not is_ready(self._host, self._port):
            if time.monotonic() > deadline:
                raise NotReadyError(f"{self.url}/ready does not say that the API is ready")
            time.sleep(0.2)

    def ends(self, began: float, ended: float) -> tuple[int, int]:
        """Whether it is gone; who ended it is not known."""
        del began, ended
        return 0, int(not psutil.pid_exists(self.pid))

    def replica_meters(self) -> tuple[ProcessCounter | _CagedMeter, ...]:
        """The process."""
        process = ProcessCounter(self.pid)
        return (process if self.cage is None else _CagedMeter(process, self.cage),)

    def gateway_meter(self) -> None:
        """There is none."""


def _listener(port: int) -> int:
    try:
        found = {
            one.pid
            for one in psutil.net_connections("tcp")
            if one.status == psutil.CONN_LISTEN and one.laddr and one.laddr.port == port and one.pid
        }
    except psutil.AccessDenied:
        raise CapacityError(f"this user ({os.getuid()}) may not see who listens at port {port}") from None
    if len(found) != 1:
        raise CapacityError(f"{len(found)} processes listen at port {port}: start one API there, such as with make run")
    return found.pop()
