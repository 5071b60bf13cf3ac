"""The verdict on a trial: it holds, it fails by a criterion, or it is invalid."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from capacity.model.criteria import CRITERIA, Criterion, Resource


class Reason(StrEnum):
    """Why a trial is invalid."""

    UNFINISHED = "unfinished"
    USERS_MISSING = "users missing"
    GENERATOR_BUSY = "generator busy"
    SOCKETS_EXHAUSTED = "sockets exhausted"
    GATEWAY_BUSY = "gateway busy"
    MACHINE_STOLEN = "machine stolen"
    MACHINE_BUSY = "machine busy"


@dataclass(frozen=True, slots=True)
class Holds:
    """Every step meets the SLO, and the measurement was valid.

    Attributes:
        cores: CPU that all replicas used with all users: the search starts near it.
        memory_mib: The most memory of any replica, likewise.
    """

    cores: float = field(default=0, compare=False)
    memory_mib: float = field(default=0, compare=False)

    @property
    def sentence(self) -> str:
        """For a line of progress."""
        return "holds"


@dataclass(frozen=True, slots=True)
class Fails:
    """A step does not meet the SLO, and the measurement was valid.

    Attributes:
        criterion: The criterion that failed.
        step: Number of the step, from 1.
        users: Its number of users.
        seen: The measured value.
        allowed: The value that is allowed.
    """

    criterion: Criterion
    step: int
    users: int
    seen: float
    allowed: float

    @property
    def resource(self) -> Resource:
        """What was short."""
        return CRITERIA[self.criterion].resource

    @property
    def sentence(self) -> str:
        """For a line of progress."""
        rule = CRITERIA[self.criterion]
        seen, allowed = (f"{value:,.{rule.digits}f}" for value in (self.seen, self.allowed))
        return f"fails at step {self.step} with {self.users:,} users: {rule.en.format(seen=seen, allowed=allowed)}"


@dataclass(frozen=True, slots=True)
class Invalid:
    """The trial shows neither that the API holds nor that it fails; the report tells what to change.

    Attributes:
        reason: Why.
        step: Number of the step, from 1; 0 for the whole trial.
        seen: The measured value: a part of the whole, or a count.
        allowed: The value that would have been valid.
    """

    reason: Reason
    step: int = 0
    seen: float = 0
    allowed: float = 0

    @property
    def sentence(self) -> str:
        """For a line of progress."""
        details = {
            Reason.UNFINISHED: f"the trial ended with {self.seen:,.0f} of {self.allowed:,.0f} users",
            Reason.USERS_MISSING: f"{self.seen:,.0f} of {self.allowed:,.0f} users ran",
            Reason.GENERATOR_BUSY: f"the load generator used {self.seen:.0%} of a core per process",
            Reason.SOCKETS_EXHAUSTED: f"the load generator could not open a connection {self.seen:g} times",
            Reason.GATEWAY_BUSY: f"the gateway used {self.seen:.0%} of its CPU",
            Reason.MACHINE_STOLEN: f"{self.seen:.0%} of the machine's time was stolen by others",
            Reason.MACHINE_BUSY: f"the machine's cores were {self.seen:.0%} busy",
        }
        where = f" (step {self.step})" if self.step else ""
        return f"is invalid{where}: {details[self.reason]}"


Verdict = Holds | Fails | Invalid
