"""The published ports of the containers of a stack."""

from collections import defaultdict

from tests.e2e.compose_stack import Stack, service_of


def published_ports(stack: Stack) -> dict[str, set[tuple[str, int]]]:
    """The addresses and ports of the host that are published, by service."""
    published: dict[str, set[tuple[str, int]]] = defaultdict(set)
    for container in stack.containers():
        service = service_of(container)
        for bindings in (container["NetworkSettings"]["Ports"] or {}).values():
            published[service] |= {(binding["HostIp"], int(binding["HostPort"])) for binding in bindings or ()}
        published.setdefault(service, set())
    return published
