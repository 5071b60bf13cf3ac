"""What a trial shows: that the limits hold, that they fail and by what, or nothing at all and what to change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Criterion(StrEnum):
    """By what a step fails."""

    OOM = "oom"
    DEATH = "death"
    FAILURES = "failures"
    RATE = "rate"
    P99 = "p99"


class Reason(StrEnum):
    """Why a trial says nothing about the API."""

    UNFINISHED = "unfinished"
    USERS_MISSING = "users missing"
    GENERATOR_BUSY = "generator busy"
    SOCKETS_EXHAUSTED = "sockets exhausted"
    GATEWAY_BUSY = "gateway busy"
    MACHINE_STOLEN = "machine stolen"
    MACHINE_BUSY = "machine busy"


_ADVICE = {
    Reason.UNFINISHED: "see the last words of the load generator, and ask again",
    Reason.USERS_MISSING: "give the load generator more processes or longer steps, so that all users come in time",
    Reason.GENERATOR_BUSY: "its queue is in these latencies: give it more processes or a machine of its own",
    Reason.SOCKETS_EXHAUSTED: "raise its open files (ulimit -n) and ports (net.ipv4.ip_local_port_range), "
    "and check that it finds the host",
    Reason.GATEWAY_BUSY: "give the gateway more CPU, or send the users straight to the replicas",
    Reason.MACHINE_STOLEN: "ask again when the machine is not shared, or take one that is not",
    Reason.MACHINE_BUSY: "end what else runs here, or put the load generator on a machine of its own",
}


@dataclass(frozen=True, slots=True)
class Holds:
    """Every step keeps the SLO, and all that measured it was healthy."""

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
            Criterion.FAILURES: f"{self.seen:g} requests failed, {self.allowed:g} may",
            Criterion.RATE: f"{self.seen:,.0f} good answers a second, {self.allowed:,.0f} are due",
            Criterion.P99: f"p99 is {self.seen:,.0f} ms, {self.allowed:,.0f} ms are allowed",
        }
        return f"fails at step {self.step} with {self.users:,} users: {said[self.criterion]}"


@dataclass(frozen=True, slots=True)
class Invalid:
    """The trial says nothing about the API: neither that it holds nor that it fails.

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

    @property
    def advice(self) -> str:
        """What to change."""
        return _ADVICE[self.reason]


Verdict = Holds | Fails | Invalid
