"""One trial: what it measures, and its steps."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from capacity.model.limits import Limits
from capacity.model.step import Step


class TrialKind(StrEnum):
    """How the users of a trial start; the values are those of the trial log."""

    SHORT = "hold"
    """All users, for some seconds; they keep running from one trial to the next."""
    RAMP = "staircase"
    """From none to all users, step by step, on restarted replicas."""
    OPEN = "open"
    """Requests arrive at the rate of the users, whether or not earlier ones were answered."""


@dataclass(frozen=True, slots=True)
class TrialSpec:
    """What one trial measures.

    Attributes:
        kind: How the users start.
        limits: The limits of each replica.
        users: Number of users in the end.
    """

    kind: TrialKind
    limits: Limits
    users: int

    def __str__(self) -> str:
        """For a line of progress."""
        return f"{self.kind} of {self.users:,} users at {self.limits}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """A trial, complete or ended early at its first step that did not hold.

    Attributes:
        kind: How the users started.
        limits: The limits of each replica.
        users: Planned number of users in the end.
        via: Route of the users: `gateway` or `direct`.
        started_at: ISO date and time.
        seconds: Duration of all of it, with the time that no step measures.
        steps: Its steps in order.
    """

    kind: TrialKind
    limits: Limits
    users: int
    via: str
    started_at: str
    seconds: float
    steps: tuple[Step, ...]

    @property
    def spec(self) -> TrialSpec:
        """What was measured."""
        return TrialSpec(self.kind, self.limits, self.users)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From the values of `to_json`."""
        return cls(
            kind=TrialKind(data["kind"]),
            limits=Limits.from_json(data["limits"]),
            users=data["users"],
            via=data["via"],
            started_at=data["started_at"],
            seconds=data["seconds"],
            steps=tuple(Step.from_json(step) for step in data["steps"]),
        )
