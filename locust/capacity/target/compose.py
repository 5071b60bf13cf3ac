"""The Compose stack under test: its replicas, their limits, and the gateway."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from capacity.errors import CapacityError
from capacity.measure.cgroup import Cgroup
from capacity.measure.resource_counter import ResourceCounter
from capacity.model.limits import Limits
from capacity.target.docker import Container, Engine, LimitsRefusedError, container_limits
from capacity.target.interface import ReplicaNotReadyError
from capacity.target.readiness import is_ready

PORT: Final = 8000
_TLS_PORT: Final = 8443
_READY_SECONDS: Final = 90.0
# The gateway resolves the replicas' addresses every 3 s (gateway/haproxy.cfg).
_DISCOVERY_SECONDS: Final = 4.0
_SCALE_SECONDS: Final = 120
_START_CPUS: Final = 1.0


def gateway_url(gateway: Container) -> str:
    """The gateway's URL inside its network: with a certificate it only redirects plain requests."""
    has_tls = bool(gateway.environment.get("TLS_CERTIFICATE"))
    return f"https://{gateway.name}:{_TLS_PORT}" if has_tls else f"http://{gateway.name}:{PORT}"


class ComposeTarget:
    """Sets the limits and the number of replicas; `restored_on_exit` restores both."""

    def __init__(self, engine: Engine, project: str) -> None:
        """Find the containers.

        Raises:
            CapacityError: When the stack does not run.
        """
        self._engine = engine
        self._project = project
        [self.gateway, *_] = engine.service_containers(project, "gateway")
        self.replicas = engine.service_containers(project, "fastapi-app")

    @contextlib.contextmanager
    def restored_on_exit(self) -> Iterator[None]:
        """Restore the number of replicas and their limits at the end of the context."""
        before = self.replicas
        try:
            yield
        finally:
            self.scale(len(before))
            known = {replica.id: replica for replica in before}
            for replica in self.replicas:
                limits = known.get(replica.id, before[0]).limits
                # Docker cannot remove a limit: a replica that had none gets all cores of the machine.
                self._engine.limit(replica, {**limits, "NanoCpus": limits["NanoCpus"] or self._engine_cpus()})

    def host(self, via: str) -> str:
        """The URL for users inside the stack's network."""
        return gateway_url(self.gateway) if via == "gateway" else f"http://{self.replicas[0].name}:{PORT}"

    def scale(self, count: int) -> None:
        """Set the number of replicas.

        Raises:
            CapacityError: When Compose fails.
        """
        if count == len(self.replicas):
            return
        labels = self._engine.client.containers.get(self.replicas[0].id).labels
        files = labels["com.docker.compose.project.config_files"].split(",")
        folder = labels["com.docker.compose.project.working_dir"]
        done = subprocess.run(  # noqa: S603 - docker, with arguments of this stack
            [
                *("docker", "compose", "--project-name", self._project, "--project-directory", folder),
                *(argument for file in files for argument in ("--file", file)),
                *("up", "--detach", "--no-deps", "--no-recreate", "--no-build"),
                *("--scale", f"fastapi-app={count}", "fastapi-app"),
            ],
            capture_output=True,
            text=True,
            check=False,
            timeout=_SCALE_SECONDS,
        )
        if done.returncode:
            raise CapacityError(f"Compose does not scale to {count}: {done.stderr.strip()[-500:]}")
        self.replicas = self._engine.service_containers(self._project, "fastapi-app")
        self.await_ready()
        time.sleep(_DISCOVERY_SECONDS)

    def refresh(self) -> None:
        """Inspect the replicas again: a restart changes process id and address."""
        self.replicas = [self._engine.inspect(replica.id) for replica in self.replicas]

    def limit(self, limits: Limits) -> bool:
        """Set the limits of the running replicas, or restart them when the engine refuses that (then True).

        Raises:
            ReplicaNotReadyError: When a replica does not start under the limits.
        """
        try:
            for replica in self.replicas:
                self._engine.limit(replica, container_limits(limits, replica.limits))
        except LimitsRefusedError:
            self.restart(limits)
            return True
        return False

    def restart(self, limits: Limits) -> None:
        """Restart all replicas with this memory, wait until they are ready, then set their CPU.

        Raises:
            ReplicaNotReadyError: When a replica does not start with this memory.
        """
        # The memory must be enough for the start too. The start itself (2 s of CPU time) is not measured, so it may use
        # more CPU.
        start = replace(limits, cpus=max(limits.cpus, _START_CPUS))
        for replica in self.replicas:
            self._engine.restart(replica, container_limits(start, replica.limits))
        began = time.time()
        self.refresh()
        self.await_ready(began)
        time.sleep(_DISCOVERY_SECONDS)
        for replica in self.replicas:
            self._engine.limit(replica, container_limits(limits, replica.limits))

    def replica_counters(self) -> tuple[ResourceCounter, ...]:
        """The control groups of the replicas."""
        return tuple(Cgroup.of_process(replica.pid) for replica in self.replicas)

    def gateway_counter(self) -> ResourceCounter:
        """The control group of the gateway."""
        return Cgroup.of_process(self.gateway.pid)

    @property
    def replica_count(self) -> int:
        """Number of replicas."""
        return len(self.replicas)

    def await_ready(self, began: float | None = None) -> None:
        """Wait until every replica is ready.

        Args:
            began: When they were started, in seconds since 1970; when one exits after it, the wait ends.

        Raises:
            ReplicaNotReadyError: When one is not ready in time, or exits.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while waiting := [replica.name for replica in self.replicas if not is_ready(replica.address, PORT)]:
            ooms, exits = (0, 0) if began is None else self.ooms_and_exits(began, time.time())
            if exits:
                raise ReplicaNotReadyError(f"{waiting[0]} ended while it started", ooms)
            if time.monotonic() > deadline:
                raise ReplicaNotReadyError(f"{waiting[0]} was not ready within {_READY_SECONDS:.0f} s")
            time.sleep(0.2)
            # A replica that exited is restarted with another process id, perhaps with another address.
            self.refresh()

    def ooms_and_exits(self, began: float, ended: float) -> tuple[int, int]:
        """Number of OOM kills of the replicas, and of exits of the replicas and the gateway."""
        counts = self._engine.ooms_and_exits([*self.replicas, self.gateway], began, ended)
        return counts["oom"], counts["die"]

    def _engine_cpus(self) -> int:
        return int(self._engine.client.info()["NCPU"]) * 10**9
