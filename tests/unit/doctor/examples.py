"""A healthy installation, from outputs that were recorded with the real stack, and changes of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from doctor.command import CommandResult
from doctor.compose_project import ComposeProject
from doctor.container import Container, ListedContainer
from doctor.docker_client import DockerClient
from doctor.finding import Finding
from doctor.installation import Installation

ROOT = Path(__file__).parents[3]
_RECORDED = Path(__file__).parent / "recorded"


def recorded(name: str) -> str:
    """A recorded output."""
    return (_RECORDED / name).read_text(encoding="utf-8")


def printed(stdout: str = "", stderr: str = "", code: int = 0) -> CommandResult:
    """The result of a command."""
    return CommandResult(code, stdout, stderr)


@dataclass(frozen=True)
class RecordedDocker(DockerClient):
    """Answers with recorded outputs instead of running `docker`.

    Attributes:
        answers: Results by the beginning of the command line; the longest one counts.
        archives: Archives by container and path.
        asked: The command lines so far, with the names of their secrets.
    """

    answers: Mapping[str, CommandResult] = field(default_factory=dict)
    archives: Mapping[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def run(self, *arguments: str, secrets: Mapping[str, str] | None = None) -> CommandResult:
        """The recorded result; a failure for what was not recorded."""
        line = " ".join(arguments)
        self.asked.append(line)
        assert not any(secret in line for secret in (secrets or {}).values() if secret)
        known = [beginning for beginning in self.answers if line.startswith(beginning)]
        return self.answers[max(known, key=len)] if known else printed(stderr=f"not recorded: {line}", code=1)

    def compose(self, *arguments: str) -> CommandResult:
        """As `docker compose`."""
        return self.run("compose", *arguments)

    def archive(self, container: str, path: str) -> bytes | None:
        """The recorded archive."""
        return self.archives.get(f"{container}:{path}")


HEALTHY: Mapping[str, CommandResult] = {
    "version": printed(recorded("version.json")),
    "info": printed(recorded("info.json")),
    "compose version": printed("2.40.3-3\n"),
    "compose -f docker-compose-api.yml --profile * config --hash": printed(recorded("hash.txt")),
    "image inspect": printed("sha256:0\n"),
    "exec": printed("experiments\nregistered_models\nalembic_version\n"),
}


def config() -> dict[str, Any]:
    """What `docker compose config` prints with the defaults."""
    read: dict[str, Any] = json.loads(recorded("config.json"))
    return read


def project(**variables: str) -> ComposeProject:
    """The stack with other values of variables, in each service that has them."""
    changed = copy.deepcopy(config())
    for service in changed["services"].values():
        environment = service.get("environment") or {}
        environment.update({name: value for name, value in variables.items() if name in environment})
    return ComposeProject.read(printed(json.dumps(changed)))


def with_optional_service(installation: Installation, name: str, **settings: Any) -> Installation:
    """The installation with a service of a profile that is not in use."""
    stack = installation.require_project()
    service = {"profiles": ["extra"], "image": "extra:1", **settings}
    return replace(installation, project=replace(stack, services={**stack.services, name: service}))


def containers() -> tuple[Container, ...]:
    """The containers of the healthy stack."""
    return tuple(Container.read(inspected) for inspected in json.loads(recorded("inspect.json")))


def healthy(root: Path = ROOT, answers: Mapping[str, CommandResult] | None = None) -> Installation:
    """The healthy installation; other answers of Docker by the beginning of their command."""
    environment: dict[str, str] = {}
    docker = RecordedDocker(root, environment, {**HEALTHY, **(answers or {})})
    return Installation(
        root=root,
        docker=docker,
        engine=HEALTHY["version"],
        configured=printed(recorded("config.json")),
        project=project(),
        containers=containers(),
        listed=tuple(ListedContainer.read_all(recorded("ps.txt").splitlines())),
        environment=environment,
    )


def with_container(installation: Installation, service: str, **changes: Any) -> Installation:
    """The installation with a container of the service in another state."""
    return replace(
        installation,
        containers=tuple(
            replace(container, **changes) if container.service == service else container
            for container in installation.containers
        ),
    )


def codes(findings: list[Finding]) -> list[str]:
    """The codes of findings, each of which has all its parts."""
    for finding in findings:
        assert finding.what, finding
        assert finding.why, finding
        assert finding.remedy, finding
    return [finding.code for finding in findings]
