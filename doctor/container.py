"""Containers, as `docker inspect` and `docker ps` describe them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Container:
    """A container of the stack.

    Attributes:
        name: Its name.
        service: Its service in the Compose file.
        status: `running`, `exited`, `restarting`, `created`, `paused` or `dead`.
        exit_code: The exit code of its last end.
        error: Why Docker could not start it.
        oom_killed: Whether it exceeded its memory limit.
        health: `healthy`, `unhealthy`, `starting`, or empty without a health check.
        health_output: What the last health check wrote.
        restarts: How often Docker has started it again since it was created.
        started: When it was started last, as 2026-11-29T12:57:01.123456789Z.
        image: The id of its image.
        config_hash: Compose's digest of the settings with which it was created.
        memory_limit: Its memory limit in bytes; 0 without one.
    """

    name: str
    service: str
    status: str
    exit_code: int = 0
    error: str = ""
    oom_killed: bool = False
    health: str = ""
    health_output: str = ""
    restarts: int = 0
    started: str = ""
    image: str = ""
    config_hash: str = ""
    memory_limit: int = 0

    @property
    def is_running(self) -> bool:
        """Whether its program runs now."""
        return self.status == "running"

    @classmethod
    def read(cls, inspected: Mapping[str, Any]) -> Container:
        """Read one entry of `docker inspect`."""
        state, labels = inspected["State"], inspected["Config"].get("Labels") or {}
        health = state.get("Health") or {}
        checks = health.get("Log") or [{}]
        return cls(
            name=inspected["Name"].lstrip("/"),
            service=labels.get("com.docker.compose.service", ""),
            status=state["Status"],
            exit_code=state.get("ExitCode", 0),
            error=state.get("Error", ""),
            oom_killed=bool(state.get("OOMKilled")),
            health=health.get("Status", ""),
            health_output=(checks[-1].get("Output") or "").strip(),
            restarts=inspected.get("RestartCount", 0),
            started=state.get("StartedAt", ""),
            image=inspected.get("Image", ""),
            config_hash=labels.get("com.docker.compose.config-hash", ""),
            memory_limit=(inspected.get("HostConfig") or {}).get("Memory", 0),
        )


@dataclass(frozen=True)
class ListedContainer:
    """A container of any project.

    Attributes:
        name: Its name.
        project: Its Compose project; empty without one.
        ports: Its published ports.
    """

    name: str
    project: str
    ports: str

    TEMPLATE = '{{.Names}}\t{{.Label "com.docker.compose.project"}}\t{{.Ports}}'
    """For `docker ps --format`."""

    @classmethod
    def read_all(cls, lines: Iterable[str]) -> list[ListedContainer]:
        """Read the lines of `docker ps`."""
        return [cls(*fields) for line in lines if len(fields := line.split("\t")) == 3]  # noqa: PLR2004 - as in TEMPLATE

    def publishes(self, port: int) -> bool:
        """Whether it holds the port of this machine."""
        return f":{port}->" in self.ports
