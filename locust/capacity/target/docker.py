"""The Docker engine: containers, their limits, their exits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import docker
from docker.errors import DockerException

from capacity.errors import CapacityError
from capacity.model.limits import Limits

_MIB: Final = 2**20


class LimitsRefusedError(CapacityError):
    """The engine refuses these limits for a running container; after a restart it may accept them."""


@dataclass(frozen=True, slots=True)
class Container:
    """A running container.

    Attributes:
        id: Its full id.
        name: Its name, which is also its address inside its network.
        pid: Process id of its first process on the host.
        address: Its IP address in its first network.
        network: Name of that network.
        image: Id of its image.
        limits: Its limits, by their names in Docker's API.
        environment: Its environment variables.
    """

    id: str
    name: str
    pid: int
    address: str
    network: str
    image: str
    limits: dict[str, int]
    environment: dict[str, str]

    @classmethod
    def of(cls, inspected: dict[str, Any]) -> Container:
        """Create it from the output of `docker inspect`."""
        network, joined = min(inspected["NetworkSettings"]["Networks"].items())
        names = ("NanoCpus", "Memory", "MemorySwap", "MemoryReservation")
        return cls(
            id=inspected["Id"],
            name=inspected["Name"].lstrip("/"),
            pid=inspected["State"]["Pid"],
            address=joined["IPAddress"],
            network=network,
            image=inspected["Image"],
            limits={name: inspected["HostConfig"][name] or 0 for name in names},
            environment=dict(each.partition("=")[::2] for each in inspected["Config"]["Env"] or ()),
        )


class Engine:
    """A Docker engine on this machine."""

    def __init__(self) -> None:
        """Connect.

        Raises:
            CapacityError: When no engine answers.
        """
        try:
            self.client = docker.from_env()
            self.version = str(self.client.version()["Version"])
        except DockerException as error:
            raise CapacityError(f"no Docker engine answers: {error}") from None

    def service_containers(self, project: str, service: str) -> list[Container]:
        """The running containers of a Compose service, the oldest first.

        Raises:
            CapacityError: When none runs.
        """
        labels = [f"com.docker.compose.project={project}", f"com.docker.compose.service={service}"]
        found = [container.attrs for container in self.client.containers.list(filters={"label": labels})]
        if not found:
            raise CapacityError(
                f"no container of the service {service} runs in the project {project}: start the stack with "
                "docker compose -f docker-compose-api.yml up -d --wait"
            )
        found.sort(key=lambda attributes: str(attributes["Created"]))
        return [Container.of(attributes) for attributes in found]

    def inspect(self, container_id: str) -> Container:
        """The present state of a container."""
        return Container.of(self.client.api.inspect_container(container_id))

    def limit(self, container: Container, limits: dict[str, int]) -> None:
        """Change limits while it runs; those that are 0 stay, because Docker cannot remove a limit.

        `update` of the Docker package cannot set NanoCpus, and the engine refuses a CPU quota beside them.

        Raises:
            LimitsRefusedError: When the engine refuses them, such as less memory than is in use.
        """
        api = self.client.api
        url = f"{api.base_url}/v{api.api_version}/containers/{container.id}/update"
        answer = api.post(url, json={name: value for name, value in limits.items() if value})
        if not answer.ok:
            raise LimitsRefusedError(f"{container.name}: {answer.json().get('message', answer.reason)}")

    def restart(self, container: Container, limits: dict[str, int]) -> None:
        """Restart it under other limits."""
        self.client.api.stop(container.id, timeout=5)
        self.limit(container, limits)
        self.client.api.start(container.id)

    def ooms_and_exits(self, containers: list[Container], began: float, ended: float) -> Counter[str]:
        """Number of OOM kills (`oom`) and exits (`die`) between two times in seconds since 1970."""
        events = self.client.api.events(
            since=f"{began:.9f}",
            until=f"{ended:.9f}",
            filters={"container": [container.id for container in containers], "event": ["oom", "die"]},
            decode=True,
        )
        return Counter(str(event["Action"]) for event in events)

    def digest(self, image: str) -> str:
        """The registry's digest of an image, or the id of one that was built here."""
        attributes = self.client.images.get(image).attrs
        return str(next(iter(attributes.get("RepoDigests") or []), attributes["Id"]))


def container_limits(limits: Limits, before: dict[str, int]) -> dict[str, int]:
    """Limits by their names in Docker's API: no swap, and the reservation at most the limit."""
    memory = limits.memory_mib * _MIB
    reserved = min(memory, before["MemoryReservation"])
    return {
        "NanoCpus": round(limits.cpus * 1e9),
        "Memory": memory,
        "MemorySwap": memory,
        "MemoryReservation": reserved,
    }
