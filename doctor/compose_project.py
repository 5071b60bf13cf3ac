"""The stack as Compose reads it: the Compose file with `.env` and the variables of the shell."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from doctor.command import CommandResult

STACK_MLFLOW = "http://mlflow:5000"
STACK_STORAGE = "http://minio:9000"


@dataclass(frozen=True)
class PublishedPort:
    """A port of this machine that a service gets.

    Attributes:
        service: The service.
        address: The address to which it is bound; 0.0.0.0 for all.
        port: The port.
        variable: The variable that changes it.
        target: The port inside the container.
    """

    service: str
    address: str
    port: int
    variable: str
    target: int = 0

    @property
    def is_open(self) -> bool:
        """Whether other machines reach it."""
        try:
            return not ipaddress.ip_address(self.address).is_loopback
        except ValueError:
            return True

    @property
    def local_address(self) -> str:
        """The address by which this machine reaches it."""
        return "127.0.0.1" if self.address in {"0.0.0.0", "::", ""} else self.address  # noqa: S104 - compared only


PORT_VARIABLES: Mapping[str, str] = {
    "gateway": "API_PORT",
    "mlflow": "MLFLOW_PORT",
    "minio": "MINIO_CONSOLE_PORT",
    "locust": "LOCUST_PORT",
    "prometheus": "PROMETHEUS_PORT",
    "grafana": "GRAFANA_PORT",
}
TLS_TARGET = 8443
TLS_VARIABLE = "API_TLS_PUBLISH"


@dataclass(frozen=True)
class ComposeProject:
    """A Compose file with all variables replaced.

    Attributes:
        name: The name of the project.
        services: The settings of each service.
        warnings: What Compose said while it read the file.
    """

    name: str
    services: Mapping[str, Mapping[str, Any]]
    warnings: tuple[str, ...] = ()

    @classmethod
    def read(cls, printed: CommandResult) -> ComposeProject:
        """Read what `docker compose config --format json` printed.

        Raises:
            ValueError: It is not the JSON document of a project.
        """
        # Some versions print their warnings on the same stream before it.
        document = json.loads(printed.stdout[printed.stdout.find("{") :])
        return cls(document["name"], document["services"], tuple(printed.stderr.splitlines()))

    def environment(self, service: str) -> dict[str, str]:
        """The variables of a service."""
        given = self.services.get(service, {}).get("environment") or {}
        # Compose doubles each dollar, so that its output can be read as a Compose file again.
        return {name: str("" if value is None else value).replace("$$", "$") for name, value in given.items()}

    def ports(self) -> list[PublishedPort]:
        """The ports of this machine that the stack publishes."""
        return [
            PublishedPort(
                name,
                port.get("host_ip") or "0.0.0.0",  # noqa: S104 - read only
                int(port["published"]),
                TLS_VARIABLE if port.get("target") == TLS_TARGET else PORT_VARIABLES.get(name, ""),
                int(port.get("target") or 0),
            )
            for name, service in self.services.items()
            for port in service.get("ports") or ()
            if str(port.get("published", "")).isdigit()
        ]

    def port_of(self, service: str) -> PublishedPort | None:
        """The published port of a service, of the gateway that without TLS."""
        return next((port for port in self.ports() if port.service == service and port.target != TLS_TARGET), None)

    def tls_port(self) -> PublishedPort | None:
        """The gateway's published port with TLS; None without a certificate or a port."""
        has_tls = self.environment("gateway").get("TLS_CERTIFICATE")
        return next((port for port in self.ports() if has_tls and port.target == TLS_TARGET), None)

    def is_default(self, service: str) -> bool:
        """Whether `docker compose up` starts it: a service of a profile, or without replicas, is left out."""
        settings = self.services.get(service, {})
        return not settings.get("profiles") and (settings.get("deploy") or {}).get("replicas", 1) != 0

    def image(self, service: str) -> str:
        """The name of a service's image."""
        return str(self.services.get(service, {}).get("image", ""))

    def container_names(self) -> set[str]:
        """The names that containers of the stack have on any machine."""
        return {service["container_name"] for service in self.services.values() if service.get("container_name")}
