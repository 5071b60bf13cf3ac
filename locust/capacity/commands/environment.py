"""The environment of a capacity command: the Compose stack, or an API that runs without Docker."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from capacity.generator.docker import IMAGE, docker_load_generator
from capacity.generator.interface import LoadGenerator
from capacity.generator.process import local_load_generator
from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.spec import SearchSpec
from capacity.report.localized import Localized
from capacity.target.compose import ComposeTarget
from capacity.target.docker import Engine
from capacity.target.interface import Target
from capacity.target.process import ProcessTarget

_GATEWAY_CORES: Final = 1.0
"""HAProxy runs in one thread (gateway/haproxy.cfg)."""
_MIB: Final = 2**20
_API_KEY: Final = "LOCUST_API_KEY"


class Environment(Protocol):
    """The system under test and what measures it."""

    @property
    def target(self) -> Target:
        """The system under test."""

    @property
    def digests(self) -> dict[str, str]:
        """Digests of the images, by their names."""

    @property
    def engine(self) -> str:
        """The container engine with its version."""

    @property
    def limited(self) -> frozenset[str]:
        """The resources that can be limited: `cpu`, `memory`."""

    def generator(self, route: str, variables: dict[str, str]) -> AbstractContextManager[LoadGenerator]:
        """A load generator without users."""

    def evaluator(self, slo: Slo, route: str) -> SloEvaluator:
        """The evaluator of trials by a route."""

    def possible(self, spec: SearchSpec) -> SearchSpec:
        """The specification without what cannot be measured here."""

    def effective(self, limits: Limits) -> Limits:
        """The limits that a replica has when these are set."""

    def left_out(self) -> list[Localized]:
        """What cannot be measured here."""


class DockerEnvironment:
    """The Compose stack, with a load generator inside its network."""

    def __init__(self, project: str) -> None:
        """Find the stack.

        Raises:
            CapacityError: When it does not run.
        """
        self._engine = Engine()
        self.target = ComposeTarget(self._engine, project)
        self.digests = {
            "fastapi-app": self.target.replicas[0].image,
            "gateway": self.target.gateway.image,
            "locust": self._engine.digest(IMAGE),
        }
        self.engine = f"Docker {self._engine.version}"
        self.limited = frozenset({"cpu", "memory"})

    def generator(self, route: str, variables: dict[str, str]) -> AbstractContextManager[LoadGenerator]:
        """A container in the stack's network, whose users send the key of this program's environment."""
        key = {_API_KEY: os.environ.get(_API_KEY, "")}
        return docker_load_generator(
            self._engine, route, self.target.gateway.network, self.target.host(route), {**key, **variables}
        )

    def evaluator(self, slo: Slo, route: str) -> SloEvaluator:
        """With the gateway's CPU, if the route goes through it."""
        return SloEvaluator(slo, gateway_cores=_GATEWAY_CORES if route == "gateway" else None)

    def possible(self, spec: SearchSpec) -> SearchSpec:
        """The same: everything can be measured."""
        return spec

    def effective(self, limits: Limits) -> Limits:
        """The same: everything can be limited."""
        return limits

    def left_out(self) -> list[Localized]:
        """Empty: everything can be measured."""
        return []


class LocalEnvironment:
    """A process of this machine, with a load generator on the same machine."""

    def __init__(self, url: str) -> None:
        """Find the process.

        Raises:
            CapacityError: When none listens there.
        """
        self.target = ProcessTarget(url)
        self.digests: dict[str, str] = {}
        self.engine = "no Docker"

    @property
    def limited(self) -> frozenset[str]:
        """The CPU, where the kernel permits it."""
        return frozenset() if self.target.limit_error else frozenset({"cpu"})

    def generator(self, route: str, variables: dict[str, str]) -> AbstractContextManager[LoadGenerator]:
        """A process of this machine."""
        del route
        return local_load_generator(self.target.url, variables)

    def evaluator(self, slo: Slo, route: str) -> SloEvaluator:
        """Without a gateway."""
        del route
        return SloEvaluator(slo)

    def possible(self, spec: SearchSpec) -> SearchSpec:
        """One process with all memory of the machine, and with all its cores if they cannot be limited."""
        machine = self.effective(spec.top)
        cpu_range = (spec.least_cpus, spec.most_cpus) if self.target.cpu_cgroup else (machine.cpus, machine.cpus)
        return replace(
            spec,
            via="direct",
            replicas=(),
            least_memory_mib=machine.memory_mib,
            most_memory_mib=machine.memory_mib,
            least_cpus=cpu_range[0],
            most_cpus=cpu_range[1],
        )

    def effective(self, limits: Limits) -> Limits:
        """The machine's memory, and its cores if they cannot be limited."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB
        return Limits(limits.cpus if self.target.cpu_cgroup else float(len(os.sched_getaffinity(0))), memory)

    def left_out(self) -> list[Localized]:
        """Memory, replicas and the gateway, and CPU where the kernel refuses."""
        texts = [
            Localized(
                es="Sin Docker no se limita la memoria (make run termina con su API), ni hay réplicas ni puerta.",
                en="Without Docker memory is not limited (make run ends with its API), nor are there replicas or a "
                "gateway.",
            )
        ]
        if self.target.limit_error:
            texts.append(
                Localized(
                    es=f"No se pudo limitar la CPU, así que no hay mínimo, solo lo máximo: {self.target.limit_error}.",
                    en=f"CPU could not be limited, so there is no minimum, only the most: {self.target.limit_error}.",
                )
            )
        return texts
