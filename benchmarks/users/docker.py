"""Docker's command line, as far as this needs it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.errors import BenchmarkError

_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Container:
    """A running container.

    Attributes:
        id: Its full id.
        name: Its name, which is also its address inside its network.
        pid: Process id of its first process, as the host counts.
        started: When it was started: another time means that it died in between.
        cpus: Its CPU limit in cores; 0 for none.
        memory: Its memory limit in bytes; 0 for none.
        swap: Its limit of memory and swap together; 0 for none.
        network: The first of its networks by name.
    """

    id: str
    name: str
    pid: int
    started: str
    cpus: float
    memory: int
    swap: int
    network: str

    @classmethod
    def look(cls, name: str) -> Container:
        """Inspect a container by name or id."""
        found: dict[str, Any] = json.loads(docker("inspect", name))[0]
        limits = found["HostConfig"]
        return cls(
            id=found["Id"],
            name=found["Name"].lstrip("/"),
            pid=found["State"]["Pid"],
            started=found["State"]["StartedAt"],
            cpus=limits["NanoCpus"] / 1e9,
            memory=limits["Memory"],
            swap=limits["MemorySwap"],
            network=min(found["NetworkSettings"]["Networks"]),
        )

    def limit(self, cpus: float, memory: int, swap: int) -> None:
        """Set its limits while it runs; 0 leaves one as it is, because Docker cannot lift a limit again."""
        values = {"--cpus": cpus, "--memory": memory, "--memory-swap": swap}
        options = [f"{name}={value:.12g}" for name, value in values.items() if value]
        if options:
            docker("update", *options, self.id)


def docker(*arguments: str, stderr: bool = False) -> str:
    """Run one command; returns what it printed, with what it wrote to stderr if asked for.

    Raises:
        BenchmarkError: When it fails; with its own words.
    """
    try:
        done = subprocess.run(  # noqa: S603 - docker, with arguments of this package
            ["docker", *arguments],  # noqa: S607 - wherever the person has it
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise BenchmarkError("docker is missing: install Docker 20.10 or later") from None
    except subprocess.TimeoutExpired:
        raise BenchmarkError(f"docker {arguments[0]} did not end within {_SECONDS} s") from None
    if done.returncode:
        raise BenchmarkError(f"docker {arguments[0]}: {done.stderr.strip()[-500:]}")
    return done.stdout + (done.stderr if stderr else "")


def of_service(project: str, service: str) -> list[Container]:
    """The running containers of a Compose service.

    Raises:
        BenchmarkError: When there is none.
    """
    labels: Sequence[str] = (f"com.docker.compose.project={project}", f"com.docker.compose.service={service}")
    listed = docker("ps", "--quiet", *(word for label in labels for word in ("--filter", f"label={label}"))).split()
    if not listed:
        raise BenchmarkError(
            f"no container of the service {service} runs in the project {project}: start the stack with "
            "docker compose -f docker-compose-api.yml up -d"
        )
    return [Container.look(found) for found in listed]
