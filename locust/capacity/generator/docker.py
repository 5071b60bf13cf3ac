"""The load generator in a container inside the stack's network."""

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
_NAME: Final = "taller5-load-generator"
_OWNER: Final = "taller5.load-generator.owner"
_FOLDER: Final = "/records"
_OPEN_FILES: Final = 20_000
_SYSCTLS: Final = {"net.ipv4.ip_local_port_range": "1024 65535", "net.ipv4.tcp_tw_reuse": "1"}
"""More ephemeral ports than the default 28,000.

The port of a closed connection stays in use for a minute. When the trials before have used most ports, the kernel
searches thousands of ports for each new connection, which takes a whole core.
"""
_MAX_OUTPUT: Final = 600


class LocustContainer:
    """A running Locust container."""

    def __init__(self, container: Any) -> None:
        """Wrap a started container of the Docker package."""
        self._container = container
        container.reload()
        self._pid = Container.of(container.attrs).pid

    def counter(self) -> Cgroup:
        """The container's control group."""
        return Cgroup.of_process(self._pid)

    def exit_output(self) -> str | None:
        """The end of its log, when it has ended; None while it runs."""
        self._container.reload()
        if self._container.status == "running":
            return None
        return str(self._container.logs(tail=20).decode(errors="replace").strip()[-_MAX_OUTPUT:])


@contextlib.contextmanager
def docker_load_generator(
    engine: Engine, via: str, network: str, host: str, variables: dict[str, str]
) -> Iterator[LoadGenerator]:
    """Start a load generator without users; the container is removed afterwards in any case.

    Args:
        engine: The Docker engine.
        via: Route of its users; this program runs one generator for each route.
        network: Network of the stack.
        host: URL that the users send to.
        variables: More environment variables for Locust, such as the kind of user.

    Raises:
        CapacityError: When it cannot be started.
    """
    owner = str(os.getpid())
    for other in engine.client.containers.list(all=True, filters={"label": _OWNER}):
        # The generator of a run that was killed would still send requests.
        if other.labels[_OWNER] != owner:
            other.remove(force=True)
    with LoadGenerator.shared_folder() as folder:
        try:
            container = engine.client.containers.run(
                IMAGE,
                ["--headless", "--only-summary", "--users", "1", "--spawn-rate", "1"],
                name=f"{_NAME}-{via}",
                labels={_OWNER: owner},
                detach=True,
                network=network,
                # Prometheus finds it as it finds the load test of Compose.
                networking_config={network: engine.client.api.create_endpoint_config(aliases=["locust"])},
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
                    "LOCUST_METRICS_PORT": "8089",
                    # Errors only: Locust logs lines for every few users that start.
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
            yield LoadGenerator(LocustContainer(container), folder)
        finally:
            container.remove(force=True)
