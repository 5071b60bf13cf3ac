"""The command lines of Docker and Compose."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from doctor.command import CommandResult, run_binary, run_command

STACK_FILE = "docker-compose-api.yml"
LOAD_FILE = "docker-compose-load-testing.yml"
COMPOSE = f"docker compose -f {STACK_FILE}"
"""The beginning of the commands that a finding shows."""

_SECONDS = 6.0


@dataclass(frozen=True)
class DockerClient:
    """Runs `docker` in the folder of the project.

    Attributes:
        folder: The folder with the Compose files.
        environment: The environment of the commands, which Compose reads too.
    """

    folder: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ), repr=False)

    def run(self, *arguments: str, secrets: Mapping[str, str] | None = None) -> CommandResult:
        """Run `docker` with these arguments.

        Args:
            arguments: What follows `docker`.
            secrets: Variables for the command alone: other users of the machine can see arguments.
        """
        return self._run(["docker", *arguments], {**self.environment, **(secrets or {})})

    def compose(self, *arguments: str) -> CommandResult:
        """Run Compose, as the plugin of Docker, or as a program of its own."""
        done = self.run("compose", *arguments)
        if not done.ok and shutil.which("docker-compose", path=self.environment.get("PATH")):
            plugin = self.run("compose", "version", "--short")
            if not plugin.ok:
                return self._run(["docker-compose", *arguments], self.environment)
        return done

    def read(self, *arguments: str) -> Any:
        """The JSON document that `docker` prints; None if it fails or prints something else."""
        done = self.run(*arguments)
        try:
            return json.loads(done.stdout) if done.ok else None
        except ValueError:
            return None

    def archive(self, container: str, path: str) -> bytes | None:
        """The files below a path of a container, running or not, as a tar archive; None without them."""
        command = ["docker", "cp", f"{container}:{path}", "-"]
        return run_binary(command, folder=self.folder, environment=self.environment, seconds=_SECONDS)

    def _run(self, command: Sequence[str], environment: Mapping[str, str]) -> CommandResult:
        return run_command(command, folder=self.folder, environment=environment, seconds=_SECONDS)
