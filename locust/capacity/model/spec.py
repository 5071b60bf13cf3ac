"""The specification of a capacity search."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, Self

from capacity.model.grid import cpu_grid, memory_grid
from capacity.model.limits import Limits
from capacity.model.slo import Slo

MIN_CPUS: Final = 0.01
"""The kernel's smallest CPU quota: 1 ms of a period of 100 ms."""


class SpecError(ValueError):
    """The specification contradicts itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchSpec:
    """Everything that the result of a search depends on.

    Attributes:
        users: Users that have to hold.
        step_users: Users that start at each step of a ramp.
        slo: The service level objective.
        least_cpus: The smallest CPU limit to try for all replicas together; None for any that the kernel accepts.
        most_cpus: The largest one.
        least_memory_mib: The smallest memory limit of a replica to try; None for any with which it may start.
        most_memory_mib: The largest one.
        replicas: Numbers of replicas to compare with one.
        confirmations: How many ramps have to hold.
        via: Route of the users: `gateway` or `direct`.
        subject: Digest of the images that are measured.
    """

    users: int = 10_000
    step_users: int = 500
    slo: Slo = field(default_factory=Slo)
    least_cpus: float | None = None
    most_cpus: float = 1.0
    least_memory_mib: int | None = None
    most_memory_mib: int = 512
    replicas: tuple[int, ...] = (2, 3, 4)
    confirmations: int = 3
    via: str = "gateway"
    subject: str = ""

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            SpecError: With the contradiction.
        """
        if not 1 <= self.step_users <= self.users:
            raise SpecError(f"steps of {self.step_users} users do not lead to {self.users}")
        if self.confirmations < 1:
            raise SpecError("a result has to be confirmed at least once")
        if any(count < 1 or count * MIN_CPUS > self.most_cpus for count in self.replicas):
            raise SpecError(f"{self.most_cpus:g} CPU cannot be shared by {self.replicas}: each needs {MIN_CPUS}")
        try:
            _ = self.cpus, self.memory_mib
        except ValueError as error:
            raise SpecError(str(error)) from None

    @property
    def cpus(self) -> tuple[float, ...]:
        """CPU limits to try."""
        return cpu_grid(self.most_cpus, self.least_cpus)

    @property
    def memory_mib(self) -> tuple[int, ...]:
        """Memory limits to try."""
        return memory_grid(self.most_memory_mib, self.least_memory_mib)

    @property
    def top(self) -> Limits:
        """The largest limits of one instance."""
        return Limits(self.cpus[-1], self.memory_mib[-1])

    @property
    def counts(self) -> tuple[int, ...]:
        """Numbers of users of the steps of a ramp."""
        return (*range(self.step_users, self.users, self.step_users), self.users)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From the values of `to_json`."""
        return cls(**{**data, "slo": Slo.from_json(data["slo"]), "replicas": tuple(data["replicas"])})

    def differences(self, other: SearchSpec) -> list[str]:
        """The differences from another specification, one sentence each."""
        return [
            f"{each.name} is {getattr(other, each.name)} there and {getattr(self, each.name)} here"
            for each in fields(self)
            if getattr(self, each.name) != getattr(other, each.name)
        ]
