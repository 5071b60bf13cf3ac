"""The facts that several checks use, gathered once before them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from doctor.command import CommandResult
from doctor.compose_project import ComposeProject
from doctor.container import Container, ListedContainer
from doctor.docker_client import LOAD_FILE, STACK_FILE, DockerClient
from doctor.finding import NotCheckedError


@dataclass(frozen=True)
class Installation:
    """One copy of the project on this machine.

    Attributes:
        root: The folder of the project.
        docker: The command line of Docker.
        engine: What `docker version` printed.
        configured: What `docker compose config` printed.
        project: The stack as Compose reads it; None when it cannot be read.
        load_project: The same for the load test.
        containers: The containers of the stack.
        listed: All containers of this machine.
    """

    root: Path
    docker: DockerClient
    engine: CommandResult
    configured: CommandResult
    project: ComposeProject | None = None
    load_project: ComposeProject | None = None
    containers: tuple[Container, ...] = ()
    listed: tuple[ListedContainer, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)

    def require_project(self) -> ComposeProject:
        """The stack as Compose reads it.

        Raises:
            NotCheckedError: Compose is missing or cannot read it.
        """
        if self.project is None:
            raise NotCheckedError("Compose no está o no puede leer la configuración")
        return self.project

    def require_engine(self) -> None:
        """Go on only with an engine that answers.

        Raises:
            NotCheckedError: There is none.
        """
        if not self.engine.ok:
            raise NotCheckedError("el motor de Docker no responde")

    def require_running(self, service: str) -> Container:
        """A running container of the service.

        Raises:
            NotCheckedError: None runs.
        """
        self.require_engine()
        for container in self.of(service):
            if container.is_running:
                return container
        raise NotCheckedError(f"{service} no está en pie")

    def expected_services(self) -> list[str]:
        """The services that should have a container: not those of a profile that is not in use.

        Raises:
            NotCheckedError: Compose is missing or cannot read the stack.
        """
        project = self.require_project()
        return [name for name in project.services if project.is_default(name) or self.of(name)]

    def of(self, service: str) -> list[Container]:
        """The containers of a service."""
        return [container for container in self.containers if container.service == service]

    @property
    def is_started(self) -> bool:
        """Whether the stack has containers."""
        return bool(self.containers)


def inspect_installation(root: Path, environment: Mapping[str, str]) -> Installation:
    """Gather the facts with at most six commands."""
    docker = DockerClient(root, environment)
    engine = docker.run("version", "--format", "{{json .}}")
    # With the services of all profiles, which `docker compose up` leaves out.
    configured = docker.compose("-f", STACK_FILE, "--profile", "*", "config", "--format", "json")
    project = _project(configured)
    load_project = None
    if project is not None:
        load_project = _project(docker.compose("-f", LOAD_FILE, "config", "--format", "json"))
    containers: tuple[Container, ...] = ()
    listed: tuple[ListedContainer, ...] = ()
    if engine.ok:
        template = ListedContainer.TEMPLATE
        listed = tuple(ListedContainer.read_all(docker.run("ps", "-a", "--format", template).stdout.splitlines()))
        containers = _containers(docker, project, listed)
    return Installation(
        root, docker, engine, configured, project, load_project, containers, listed, environment=environment
    )


def _project(configured: CommandResult) -> ComposeProject | None:
    try:
        return ComposeProject.read(configured) if configured.ok else None
    except (ValueError, KeyError):
        return None


def _containers(
    docker: DockerClient, project: ComposeProject | None, listed: tuple[ListedContainer, ...]
) -> tuple[Container, ...]:
    names = [container.name for container in listed if project is not None and container.project == project.name]
    if not names:
        return ()
    # It fails when a container ends meanwhile, but prints the others.
    printed = docker.run("inspect", "--type", "container", *names).stdout
    try:
        return tuple(Container.read(inspected) for inspected in json.loads(printed))
    except (ValueError, KeyError):
        return ()
