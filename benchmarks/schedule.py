"""In which order servers take turns: interleaved, so that a slow minute of the machine falls on all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Turn:
    """One server under one load in one round.

    Attributes:
        server: Who.
        kind: `single` or `batch`.
        connections: How many ask at once.
        repeat: The round, from 0.
    """

    server: str
    kind: str
    connections: int
    repeat: int

    @property
    def load(self) -> str:
        """Who under which load, whatever the round."""
        return load_key(self.server, self.kind, self.connections)


@dataclass(frozen=True, slots=True)
class Load:
    """One kind of load.

    Attributes:
        kind: `single` or `batch`.
        connections: How many ask at once.
    """

    kind: str
    connections: int


def load_key(server: str, kind: str, connections: int) -> str:
    """A server under a load, as failures name it."""
    return f"{server} {kind} {connections}"


def turns(servers: Mapping[str, Sequence[str]], loads: Sequence[Load], repeats: int) -> Iterator[Turn]:
    """Every server under every load it knows, in rounds.

    Args:
        servers: For each server the kinds of request that it knows.
        loads: What to press with.
        repeats: How many rounds.

    In a round all servers meet the same load, so that those who are compared are seconds apart. Each round begins with
    another server: nobody is always the first. All rounds of a load come before the next load, few connections before
    many: a server that learns from a crowd (BentoML's batching waits as it learned to) would else meet the lone client
    of the next round with what the crowd has taught it.
    """
    names = list(servers)
    for load in sorted(loads, key=lambda load: load.connections):
        for repeat in range(repeats):
            shift = repeat % len(names) if names else 0
            for name in names[shift:] + names[:shift]:
                if load.kind in servers[name]:
                    yield Turn(name, load.kind, load.connections, repeat)
