"""Docker, as far as a laboratory needs it."""

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
    """The engine does not give a running container these limits; it may after a restart."""


@dataclass(frozen=True, slots=True)
class Container:
    """A running container.

    Attributes:
        id: Its full id.
        name: Its name, which is also its address inside its network.
        pid: Process id of its first process, as the host counts.
        address: Its IP address in its first network.
        network: The name of that.
        image: Id of its image.
        limits: What it may use, as Docker's API says it.
    """

    id: str
    name: str
    pid: int
    address: str
    network: str
    image: str
    limits: dict[str, int]

    @classmethod
    def of(cls, found: dict[str, Any]) -> Container:
        """From what `docker inspect` says."""
        network, joined = min(found["NetworkSettings"]["Networks"].items())
        names = ("NanoCpus", "Memory", "MemorySwap", "MemoryReservation")
        return cls(
            id=found["Id"],
            name=found["Name"].lstrip("/"),
            pid=found["State"]["Pid"],
            address=joined["IPAddress"],
            network=network,
            image=found["Image"],
            limits={name: found["HostConfig"][name] or 0 for name in names},
        )


class Engine:
    """A Docker engine on this machine."""

    def __init__(self) -> None:
        """Connect.

        Raises:
            CapacityError: When there is none.
        """
        try:
            self.client = docker.from_env()
            self.version = str(self.client.version()["Version"])
        except DockerException as error:
            raise CapacityError(f"no Docker engine answers: {error}") from None

    def of_service(self, project: str, service: str) -> list[Container]:
        """The running containers of a Compose service, the oldest first.

        Raises:
            CapacityError: When there is none.
        """
        labels = [f"com.docker.compose.project={project}", f"com.docker.compose.service={service}"]
        found = [each.attrs for each in self.client.containers.list(filters={"label": labels})]
        if not found:
            raise CapacityError(
                f"no container of the service {service} runs in the project {project}: start the stack with "
                "docker compose -f docker-compose-api.yml up -d --wait"
            )
        found.sort(key=lambda one: str(one["Created"]))
        return [Container.of(one) for one in found]

    def look(self, container_id: str) -> Container:
        """A container as it is now."""
        return Container.of(self.client.api.inspect_container(container_id))

    def limit(self, container: Container, limits: dict[str, int]) -> None:
        """Change limits while it runs; those that are 0 stay, because Docker cannot lift a limit again.

        The package's own `update` cannot say NanoCpus, and the engine refuses a quota beside them.

        Raises:
            LimitsRefusedError: When the engine does not, such as memory below what is in use.
        """
        api = self.client.api
        url = f"{api.base_url}/v{api.api_version}/containers/{container.id}/update"
        answer = api.post(url, json={name: value for name, value in limits.items() if value})
        if not answer.ok:
            raise LimitsRefusedError(f"{container.name}: {answer.json().get('message', answer.reason)}")

    def restart(self, container: Container, limits: dict[str, int]) -> None:
        """Start it anew under other limits."""
        self.client.api.stop(container.id, timeout=5)
        self.limit(container, limits)
        self.client.api.start(container.id)

    def ends(self, containers: list[Container], began: float, ended: float) -> Counter[str]:
        """How often they ran out of memory (`oom`) and ended (`die`) between two moments, in seconds since 1970."""
        events = self.client.api.events(
            since=f"{began:.9f}",
            until=f"{ended:.9f}",
            filters={"container": [one.id for one in containers], "event": ["oom", "die"]},
            decode=True,
        )
        return Counter(str(event["Action"]) for event in events)

    def digest(self, image: str) -> str:
        """What identifies an image: the registry's digest, or the id of one that was built here."""
        attributes = self.client.images.get(image).attrs
        return str(next(iter(attributes.get("RepoDigests") or []), attributes["Id"]))


def container_limits(limits: Limits, before: dict[str, int]) -> dict[str, int]:
    """A replica's limits in the words of Docker's API: no swap, and no more reserved than allowed."""
    memory = limits.memory_mib * _MIB
    reserved = min(memory, before["MemoryReservation"])
    return {
        "NanoCpus": round(limits.cpus * 1e9),
        "Memory": memory,
        "MemorySwap": memory,
        "MemoryReservation": reserved,
    }
