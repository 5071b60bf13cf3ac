"""Where a question is asked: on the Compose stack, or on an API that runs without Docker."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Final, Protocol

from capacity.generator.docker import IMAGE, docker_load_generator
from capacity.generator.interface import LoadGenerator
from capacity.generator.process import local_load_generator
from capacity.model.spec import SearchSpec
from capacity.report.localized import Localized
from capacity.target.compose import ComposeTarget
from capacity.target.docker import Engine
from capacity.target.interface import Target
from capacity.target.process import ProcessTarget

_GATEWAY_CORES: Final = 1.0
"""HAProxy runs in one thread (gateway/haproxy.cfg)."""
_MIB: Final = 2**20


class Environment(Protocol):
    """Everything around a question."""

    @property
    def subject(self) -> Target:
        """What is measured."""

    @property
    def digests(self) -> dict[str, str]:
        """What identifies the images."""

    @property
    def engine(self) -> str:
        """What runs it."""

    def crowd(self, via: str, variables: dict[str, str]) -> AbstractContextManager[LoadGenerator]:
        """Users without users yet."""

    def gateway_cores(self, via: str) -> float | None:
        """Cores that the gateway may use; None without it."""

    def possible(self, question: SearchSpec) -> SearchSpec:
        """The question as it can be asked here."""

    def left_out(self) -> list[Localized]:
        """What cannot be asked here."""

    @property
    def limited(self) -> frozenset[str]:
        """What can be limited: `cpu`, `memory`."""


class DockerEnvironment:
    """The Compose stack, with users inside its network."""

    def __init__(self, project: str) -> None:
        """Find the stack.

        Raises:
            CapacityError: When it does not run.
        """
        self._engine = Engine()
        self.subject = ComposeTarget(self._engine, project)
        self.digests = {
            "fastapi-app": self.subject.replicas[0].image,
            "gateway": self.subject.gateway.image,
            "locust": self._engine.digest(IMAGE),
        }
        self.engine = f"Docker {self._engine.version}"

    def crowd(self, via: str, variables: dict[str, str]) -> AbstractContextManager[LoadGenerator]:
        """A container in the stack's network."""
        return docker_load_generator(self._engine, via, self.subject.gateway.network, self.subject.host(via), variables)

    def gateway_cores(self, via: str) -> float | None:
        """One thread's."""
        return _GATEWAY_CORES if via == "gateway" else None

    def possible(self, question: SearchSpec) -> SearchSpec:
        """Everything."""
        return question

    @property
    def limited(self) -> frozenset[str]:
        """Both."""
        return frozenset({"cpu", "memory"})

    def left_out(self) -> list[Localized]:
        """Nothing."""
        return []


class LocalEnvironment:
    """A process of this machine, with users on the same machine."""

    def __init__(self, url: str) -> None:
        """Find the process.

        Raises:
            CapacityError: When nobody listens there.
        """
        self.subject = ProcessTarget(url)
        self.digests: dict[str, str] = {}
        self.engine = "no Docker"

    def crowd(self, via: str, variables: dict[str, str]) -> AbstractContextManager[LoadGenerator]:
        """A process of this machine."""
        del via
        return local_load_generator(self.subject.url, variables)

    def gateway_cores(self, via: str) -> None:
        """There is none."""

    def possible(self, question: SearchSpec) -> SearchSpec:
        """One process with all the memory there is, and with all the cores where they cannot be limited."""
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // _MIB
        cores = float(len(os.sched_getaffinity(0)))
        return replace(
            question,
            via="direct",
            replicas=(),
            least_memory_mib=memory,
            most_memory_mib=memory,
            least_cpus=question.least_cpus if self.subject.cpu_cgroup else cores,
            most_cpus=question.most_cpus if self.subject.cpu_cgroup else cores,
        )

    @property
    def limited(self) -> frozenset[str]:
        """CPU, where the kernel lets us."""
        return frozenset() if self.subject.limit_error else frozenset({"cpu"})

    def left_out(self) -> list[Localized]:
        """Memory, replicas and the gateway, and CPU where the kernel refuses."""
        found = [
            Localized(
                es="Sin Docker no se limita la memoria (make run termina con su API), ni hay réplicas ni puerta.",
                en="Without Docker memory is not limited (make run ends with its API), nor are there replicas or a "
                "gateway.",
            )
        ]
        if self.subject.limit_error:
            found.append(
                Localized(
                    es=f"No se pudo limitar la CPU, así que no hay mínimo, solo lo máximo: {self.subject.limit_error}.",
                    en=f"CPU could not be limited, so there is no minimum, only the most: {self.subject.limit_error}.",
                )
            )
        return found
