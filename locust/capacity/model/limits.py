"""What every replica may use."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, order=True)
class Limits:
    """Limits of each of some equal replicas.

    Attributes:
        cpus: Cores of one replica.
        memory_mib: Memory of one replica.
        replicas: How many there are.
    """

    cpus: float
    memory_mib: int
    replicas: int = 1

    @classmethod
    def shared(cls, total_cpus: float, memory_mib: int, replicas: int) -> Self:
        """Share cores out evenly, never above the total, and no finer than a quota: 10 us of a period of 100 ms."""
        return cls(round(total_cpus * 1e4) // replicas / 1e4, memory_mib, replicas)

    @property
    def total_cpus(self) -> float:
        """Cores of all replicas."""
        return round(self.cpus * self.replicas, 6)

    def covers(self, other: Limits) -> bool:
        """Whether these are as much of everything for as many replicas: what is short of memory here is so there."""
        return self.replicas == other.replicas and self.cpus >= other.cpus and self.memory_mib >= other.memory_mib

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From what `to_json` wrote."""
        return cls(**data)

    def __str__(self) -> str:
        """As a person would say it."""
        each = f"{self.cpus:g} CPU, {self.memory_mib} MiB"
        return each if self.replicas == 1 else f"{self.replicas} x ({each})"
