"""Users inside the stack's network, in a container of the load test's image."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import Any, Final

from docker.errors import APIError, ImageNotFound
from docker.types import Ulimit

from capacity.errors import CapacityError
from capacity.generator.interface import LoadGenerator
from capacity.measure.cgroup import Cgroup
from capacity.target.docker import Container, Engine

IMAGE: Final = "taller5/locust:local"
_NAME: Final = "taller5-crowd"
_OWNER: Final = "taller5.crowd.owner"
_FOLDER: Final = "/crowd"
_OPEN_FILES: Final = 20_000
_SYSCTLS: Final = {"net.ipv4.ip_local_port_range": "1024 65535", "net.ipv4.tcp_tw_reuse": "1"}
"""Room for three crowds.

The port of a closed connection stays taken for a minute. Where the users of one trial after the other have taken most
of the 28,000 that Linux gives, it looks at thousands of ports for each new connection: a core is busy with that alone.
"""
_WORDS: Final = 600


class ContainerGenerator:
    """A container with a load generator."""

    def __init__(self, container: Any) -> None:
        """Take one that was started, as the Docker package knows it."""
        self._container = container
        container.reload()
        self._pid = Container.of(container.attrs).pid

    def meter(self) -> Cgroup:
        """The container's control group."""
        return Cgroup.of_process(self._pid)

    def last_words(self) -> str | None:
        """What it said at last, when it has ended."""
        self._container.reload()
        if self._container.status == "running":
            return None
        return str(self._container.logs(tail=20).decode(errors="replace").strip()[-_WORDS:])


@contextlib.contextmanager
def docker_crowd(
    engine: Engine, via: str, network: str, host: str, variables: dict[str, str]
) -> Iterator[LoadGenerator]:
    """Start a generator without users; whatever happens, it is gone afterwards.

    Args:
        engine: Where to start it.
        via: By which way they go: a process has one crowd by each.
        network: The stack's.
        host: Where the users go.
        variables: More of Locust's environment, such as the kind of the users.

    Raises:
        CapacityError: When it cannot be started.
    """
    owner = str(os.getpid())
    for other in engine.client.containers.list(all=True, filters={"label": _OWNER}):
        # One of a run that was killed would still send.
        if other.labels[_OWNER] != owner:
            other.remove(force=True)
    with LoadGenerator.folders() as folder:
        try:
            container = engine.client.containers.run(
                IMAGE,
                ["--headless", "--only-summary", "--users", "1", "--spawn-rate", "1"],
                name=f"{_NAME}-{via}",
                labels={_OWNER: owner},
                detach=True,
                network=network,
                read_only=True,
                tmpfs={"/tmp": ""},  # noqa: S108 - inside the container
                cap_drop=["ALL"],
                sysctls=_SYSCTLS,
                ulimits=[Ulimit(name="nofile", soft=_OPEN_FILES, hard=_OPEN_FILES)],
                volumes={str(folder): {"bind": _FOLDER, "mode": "rw"}},
                environment={
                    "LOCUST_HOST": host,
                    "LOCUST_RECORD": _FOLDER,
                    "LOCUST_USERS_FILE": f"{_FOLDER}/users",
                    # Warnings only: it says something for every few users that come.
                    "LOCUST_LOGLEVEL": "ERROR",
                    **variables,
                },
            )
        except ImageNotFound:
            raise CapacityError(
                f"the image {IMAGE} is missing: docker compose -f docker-compose-load-testing.yml build"
            ) from None
        except APIError as error:
            raise CapacityError(f"the load generator does not start: {error.explanation}") from None
        try:
            yield LoadGenerator(ContainerGenerator(container), folder)
        finally:
            container.remove(force=True)
