"""The CPU and memory limits of replicas."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True, order=True)
class Limits:
    """Limits of each of some equal replicas.

    Attributes:
        cpus: Cores of one replica.
        memory_mib: Memory of one replica.
        replicas: Number of replicas.
    """

    cpus: float
    memory_mib: int
    replicas: int = 1

    @classmethod
    def shared(cls, total_cpus: float, memory_mib: int, replicas: int) -> Self:
        """Divide cores evenly, rounded down to what a quota can express: 10 us of a period of 100 ms."""
        return cls(round(total_cpus * 1e4) // replicas / 1e4, memory_mib, replicas)

    @property
    def total_cpus(self) -> float:
        """Cores of all replicas."""
        return round(self.cpus * self.replicas, 6)

    def covers(self, other: Limits) -> bool:
        """Whether no limit is smaller than that of the same number of other replicas."""
        return self.replicas == other.replicas and self.cpus >= other.cpus and self.memory_mib >= other.memory_mib

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From the values of `to_json`."""
        return cls(**data)

    def __str__(self) -> str:
        """For a line of progress."""
        each = f"{self.cpus:g} CPU, {self.memory_mib} MiB"
        return each if self.replicas == 1 else f"{self.replicas} x ({each})"
