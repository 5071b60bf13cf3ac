"""The cores that are used: one for the server alone, another one for the load generator."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cores:
    """Two cores of this machine.

    Attributes:
        server: Runs the server that is measured.
        load: Runs the load generator and everything else.
    """

    server: int
    load: int

    @property
    def shared(self) -> bool:
        """Whether there is only one core, so that the figures are not reliable."""
        return self.server == self.load

    @classmethod
    def choose(cls) -> Cores:
        """The last core for the server, because interrupts mostly land on the first."""
        allowed = sorted(os.sched_getaffinity(0))
        return cls(server=allowed[-1], load=allowed[0])


@contextmanager
def pinned(core: int) -> Iterator[None]:
    """Let what is started inside, and its children, run on this core only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
