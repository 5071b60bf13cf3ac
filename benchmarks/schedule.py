"""The order of the measurements: interleaved, so that a slow minute of the machine affects all servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One server under one load in one round.

    Attributes:
        server: Its name.
        kind: `single` or `batch`.
        connections: Connections that send at the same time.
        repeat: The round, from 0.
    """

    server: str
    kind: str
    connections: int
    repeat: int

    @property
    def load(self) -> str:
        """Server and load, without the round."""
        return load_key(self.server, self.kind, self.connections)


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of load.

    Attributes:
        kind: `single` or `batch`.
        connections: Connections that send at the same time.
    """

    kind: str
    connections: int


def load_key(server: str, kind: str, connections: int) -> str:
    """A server under a load, as failures name it."""
    return f"{server} {kind} {connections}"


def turns(servers: Mapping[str, Sequence[str]], loads: Sequence[Load], repeats: int) -> Iterator[Turn]:
    """Every server under every load that it supports, in rounds.

    Args:
        servers: For each server the kinds of request that it supports.
        loads: The kinds of load.
        repeats: How many rounds.

    In a round all servers get the same load, so that measurements that are compared are seconds apart. Each round
    begins with another server, so that none is always the first. All rounds of a load come before the next load, few
    connections before many: a server that adapts to the load (BentoML tunes its batching delay) would otherwise answer
    one connection with a delay that it has tuned to many.
    """
    names = list(servers)
    for load in sorted(loads, key=lambda load: load.connections):
        for repeat in range(repeats):
            shift = repeat % len(names) if names else 0
            for name in names[shift:] + names[:shift]:
                if load.kind in servers[name]:
                    yield Turn(name, load.kind, load.connections, repeat)
