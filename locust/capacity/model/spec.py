"""A capacity question: how little holds how many users."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

from capacity.model.grid import LEAST_CPUS, LEAST_MEMORY_MIB, cpu_grid, memory_grid
from capacity.model.limits import Limits
from capacity.model.slo import Slo

LEAST_QUOTA: Final = 0.01
"""The kernel takes no quota under 1 ms of a period of 100 ms."""


class SpecError(ValueError):
    """Nothing could answer the question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpec:
    """Everything that an answer depends on.

    Attributes:
        users: Users that have to be held.
        step_users: Users that come at each step.
        slo: What has to hold.
        least_cpus: The least cores to try for all replicas together.
        most_cpus: The most.
        least_memory_mib: The least memory to try for a replica.
        most_memory_mib: The most.
        replicas: Numbers of replicas to compare with one.
        confirmations: How often the answer has to hold.
        via: Where the users go: `gateway` or `direct`.
        subject: What is measured, such as the digests of the images.
    """

    users: int = 10_000
    step_users: int = 500
    slo: Slo = field(default_factory=Slo)
    least_cpus: float = LEAST_CPUS
    most_cpus: float = 1.0
    least_memory_mib: int = LEAST_MEMORY_MIB
    most_memory_mib: int = 512
    replicas: tuple[int, ...] = (2, 3, 4)
    confirmations: int = 3
    via: str = "gateway"
    subject: str = ""

    def __post_init__(self) -> None:
        """Refuse what could only fail later.

        Raises:
            SpecError: When it makes no sense; with what does not.
        """
        if not 1 <= self.step_users <= self.users:
            raise SpecError(f"steps of {self.step_users} users do not lead to {self.users}")
        if self.confirmations < 1:
            raise SpecError("an answer has to be confirmed at least once")
        if any(count < 1 or count * LEAST_QUOTA > self.most_cpus for count in self.replicas):
            raise SpecError(f"{self.most_cpus:g} CPU cannot be shared by {self.replicas}: {LEAST_QUOTA} is the least")
        try:
            _ = self.cpus, self.memory_mib
        except ValueError as error:
            raise SpecError(str(error)) from None

    @property
    def cpus(self) -> tuple[float, ...]:
        """Cores to try."""
        return cpu_grid(self.most_cpus, self.least_cpus)

    @property
    def memory_mib(self) -> tuple[int, ...]:
        """Memory to try."""
        return memory_grid(self.most_memory_mib, self.least_memory_mib)

    @property
    def top(self) -> Limits:
        """The most that one instance may use."""
        return Limits(self.cpus[-1], self.memory_mib[-1])

    @property
    def counts(self) -> tuple[int, ...]:
        """Numbers of users that a staircase passes."""
        return (*range(self.step_users, self.users, self.step_users), self.users)

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From what `to_json` wrote."""
        return cls(**{**data, "slo": Slo.from_json(data["slo"]), "replicas": tuple(data["replicas"])})

    def differences(self, other: SearchSpec) -> list[str]:
        """What another question has otherwise, one sentence each."""
        return [
            f"{each.name} is {getattr(other, each.name)} there and {getattr(self, each.name)} here"
            for each in fields(self)
            if getattr(self, each.name) != getattr(other, each.name)
        ]
