"""What a trial shows: that the limits hold, that they fail and by what, or nothing at all and what to change."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class Criterion(StrEnum):
    """By what a step fails."""

    OOM = "oom"
    DEATH = "death"
    MEMORY = "memory"
    FAILURES = "failures"
    RATE = "rate"
    P99 = "p99"


MEMORY_CRITERIA: Final = frozenset({Criterion.OOM, Criterion.DEATH, Criterion.MEMORY})
"""Failures that more CPU does not mend, and less does not either."""


class Reason(StrEnum):
    """Why a trial says nothing about the API."""

    UNFINISHED = "unfinished"
    USERS_MISSING = "users missing"
    GENERATOR_BUSY = "generator busy"
    SOCKETS_EXHAUSTED = "sockets exhausted"
    GATEWAY_BUSY = "gateway busy"
    MACHINE_STOLEN = "machine stolen"
    MACHINE_BUSY = "machine busy"


@dataclass(frozen=True, slots=True)
class Holds:
    """Every step keeps the SLO, and all that measured it was healthy.

    Attributes:
        cores: CPU that all replicas used with all users; where a search may begin to look.
        memory_mib: The most memory of any replica, likewise.
    """

    cores: float = field(default=0, compare=False)
    memory_mib: float = field(default=0, compare=False)

    @property
    def sentence(self) -> str:
        """In words."""
        return "holds"


@dataclass(frozen=True, slots=True)
class Fails:
    """A step breaks the SLO although everything around the API was healthy.

    Attributes:
        criterion: By what.
        step: At which step, from 1.
        users: With how many users.
        seen: What was measured.
        allowed: What is allowed.
    """

    criterion: Criterion
    step: int
    users: int
    seen: float
    allowed: float

    @property
    def sentence(self) -> str:
        """In words."""
        said = {
            Criterion.OOM: f"{self.seen:g} processes ended because the memory was full",
            Criterion.DEATH: f"{self.seen:g} containers ended",
            Criterion.MEMORY: f"{self.seen:.1f} MiB of its memory were full, {self.allowed:.1f} may be",
            Criterion.FAILURES: f"{self.seen:g} requests failed, {self.allowed:g} may",
            Criterion.RATE: f"{self.seen:,.0f} good answers a second, {self.allowed:,.0f} are due",
            Criterion.P99: f"p99 is {self.seen:,.0f} ms, {self.allowed:,.0f} ms are allowed",
        }
        return f"fails at step {self.step} with {self.users:,} users: {said[self.criterion]}"


@dataclass(frozen=True, slots=True)
class Invalid:
    """The trial says nothing about the API: neither that it holds nor that it fails; the report says what to change.

    Attributes:
        reason: Why.
        step: At which step, from 1; 0 for the whole trial.
        seen: What was measured: a part of the whole, or a count.
        allowed: What would have been healthy.
    """

    reason: Reason
    step: int = 0
    seen: float = 0
    allowed: float = 0

    @property
    def sentence(self) -> str:
        """In words."""
        said = {
            Reason.UNFINISHED: f"the trial ended with {self.seen:,.0f} of {self.allowed:,.0f} users",
            Reason.USERS_MISSING: f"{self.seen:,.0f} of {self.allowed:,.0f} users were there",
            Reason.GENERATOR_BUSY: f"the load generator used {self.seen:.0%} of a core per process",
            Reason.SOCKETS_EXHAUSTED: f"the load generator could not open a connection {self.seen:g} times",
            Reason.GATEWAY_BUSY: f"the gateway used {self.seen:.0%} of its CPU",
            Reason.MACHINE_STOLEN: f"{self.seen:.0%} of the machine's time went to others",
            Reason.MACHINE_BUSY: f"the machine's cores were {self.seen:.0%} busy",
        }
        return f"says nothing (step {self.step}): {said[self.reason]}"


Verdict = Holds | Fails | Invalid
