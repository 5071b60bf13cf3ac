"""The Compose stack that is measured: its replicas, their limits and their gateway."""

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
from capacity.target.docker import Engine, LimitsRefusedError, container_limits
from capacity.target.interface import NotReadyError
from capacity.target.readiness import is_ready

PORT: Final = 8000
_READY_SECONDS: Final = 90.0
# The gateway looks at a free place for a replica every 3 s (gateway/haproxy.cfg).
_SEEN_SECONDS: Final = 4.0
_SCALE_SECONDS: Final = 120
_START_CPUS: Final = 1.0


class ComposeTarget:
    """Changes what the replicas may use and how many there are; `borrowed` puts everything back."""

    def __init__(self, engine: Engine, project: str) -> None:
        """Find the containers.

        Raises:
            CapacityError: When they do not run.
        """
        self._engine = engine
        self._project = project
        [self.gateway, *_] = engine.of_service(project, "gateway")
        self.replicas = engine.of_service(project, "fastapi-app")

    @contextlib.contextmanager
    def borrowed(self) -> Iterator[None]:
        """Afterwards the replicas are as many as before, with their limits."""
        before = self.replicas
        try:
            yield
        finally:
            self.have(len(before))
            known = {one.id: one for one in before}
            for replica in self.replicas:
                limits = known.get(replica.id, before[0]).limits
                # A limit that was not there cannot be lifted again: the most that the machine has takes its place.
                self._engine.limit(replica, {**limits, "NanoCpus": limits["NanoCpus"] or self._engine_cpus()})

    def host(self, via: str) -> str:
        """Where users inside the stack's network go."""
        return f"http://{self.gateway.name if via == 'gateway' else self.replicas[0].name}:{PORT}"

    def have(self, count: int) -> None:
        """Have so many replicas.

        Raises:
            CapacityError: When Compose cannot.
        """
        if count == len(self.replicas):
            return
        labels = self._engine.client.containers.get(self.replicas[0].id).labels
        files = labels["com.docker.compose.project.config_files"].split(",")
        folder = labels["com.docker.compose.project.working_dir"]
        done = subprocess.run(  # noqa: S603 - docker, with arguments of this stack
            [
                *("docker", "compose", "--project-name", self._project, "--project-directory", folder),
                *(word for file in files for word in ("--file", file)),
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
        self.replicas = self._engine.of_service(self._project, "fastapi-app")
        self.await_ready()
        time.sleep(_SEEN_SECONDS)

    def look(self) -> None:
        """Find the replicas as they are now: one that was restarted has another process."""
        self.replicas = [self._engine.look(one.id) for one in self.replicas]

    def limit(self, limits: Limits) -> bool:
        """Give each replica its limits while it runs, or by a restart where the engine refuses that (then True).

        Raises:
            NotReadyError: When a replica does not start with so little.
        """
        try:
            for replica in self.replicas:
                self._engine.limit(replica, container_limits(limits, replica.limits))
        except LimitsRefusedError:
            self.restart(limits)
            return True
        return False

    def restart(self, limits: Limits) -> None:
        """Start all replicas anew with this memory, wait until they are ready, and give them their CPU.

        Raises:
            NotReadyError: When a replica does not start with so little.
        """
        # Memory is good for something only when the API also starts with it. With little CPU it starts too, in a time
        # that nobody asked about: two seconds of CPU.
        start = replace(limits, cpus=max(limits.cpus, _START_CPUS))
        for replica in self.replicas:
            self._engine.restart(replica, container_limits(start, replica.limits))
        began = time.time()
        self.look()
        self.await_ready(began)
        time.sleep(_SEEN_SECONDS)
        for replica in self.replicas:
            self._engine.limit(replica, container_limits(limits, replica.limits))

    def replica_meters(self) -> tuple[ResourceCounter, ...]:
        """The control groups of the replicas."""
        return tuple(Cgroup.of_process(one.pid) for one in self.replicas)

    def gateway_meter(self) -> ResourceCounter:
        """The control group of the gateway."""
        return Cgroup.of_process(self.gateway.pid)

    @property
    def replica_count(self) -> int:
        """How many replicas there are."""
        return len(self.replicas)

    def await_ready(self, began: float | None = None) -> None:
        """Wait until every replica says that it is.

        Args:
            began: When they were started, in seconds since 1970: one that ends after it is not waited for.

        Raises:
            NotReadyError: When one does not in time, or ends.
        """
        deadline = time.monotonic() + _READY_SECONDS
        while waiting := [one.name for one in self.replicas if not is_ready(one.address, PORT)]:
            ooms, ends = (0, 0) if began is None else self.ends(began, time.time())
            if ends:
                raise NotReadyError(f"{waiting[0]} ended while it started", ooms)
            if time.monotonic() > deadline:
                raise NotReadyError(f"{waiting[0]} was not ready within {_READY_SECONDS:.0f} s")
            time.sleep(0.2)
            # One that ended comes back as another process, perhaps with another address.
            self.look()

    def ends(self, began: float, ended: float) -> tuple[int, int]:
        """How often the replicas ran out of memory, and how often they or the gateway ended."""
        counts = self._engine.ends([*self.replicas, self.gateway], began, ended)
        return counts["oom"], counts["die"]

    def _engine_cpus(self) -> int:
        return int(self._engine.client.info()["NCPU"]) * 10**9
