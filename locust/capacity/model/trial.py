"""A trial that was made: what was asked for, and its steps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from capacity.model.limits import Limits
from capacity.model.step import Step


class Kind(StrEnum):
    """How the users of a trial come and stay."""

    HOLD = "hold"
    STAIRCASE = "staircase"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Ask:
    """What one trial is asked.

    Attributes:
        kind: How the users come.
        limits: What the replicas may use.
        users: Users in the end.
    """

    kind: Kind
    limits: Limits
    users: int

    def __str__(self) -> str:
        """As a person would say it."""
        return f"{self.kind} of {self.users:,} users at {self.limits}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """A trial, whole or ended early at its first step that did not hold.

    Attributes:
        kind: How the users came.
        limits: What the replicas might use.
        users: Users that were to be there in the end.
        via: Where the users went: `gateway` or `direct`.
        started_at: When, as an ISO date and time.
        seconds: How long all of it took, with the time that no step measures.
        steps: Its steps in order.
    """

    kind: Kind
    limits: Limits
    users: int
    via: str
    started_at: str
    seconds: float
    steps: tuple[Step, ...]

    @property
    def ask(self) -> Ask:
        """What was asked."""
        return Ask(self.kind, self.limits, self.users)

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From what `to_json` wrote."""
        return cls(
            kind=Kind(data["kind"]),
            limits=Limits.from_json(data["limits"]),
            users=data["users"],
            via=data["via"],
            started_at=data["started_at"],
            seconds=data["seconds"],
            steps=tuple(Step.from_json(step) for step in data["steps"]),
        )
