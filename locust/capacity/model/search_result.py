"""The result of a capacity search."""

from __future__ import annotations

from dataclasses import dataclass

from capacity.model.limits import Limits
from capacity.model.verdict import Invalid, Verdict


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Limits or users next to the result, and their verdict.

    Attributes:
        limits: The limits of each replica.
        users: The number of users.
        verdict: That it fails, or that it could not be decided.
    """

    limits: Limits
    users: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Minimum:
    """The smallest limits of one instance that hold all users.

    Attributes:
        limits: The limits.
        confirmations: Number of ramps that held.
        smaller_cpus: The next smaller CPU limit; None when no smaller one was tried.
        smaller_memory: The next smaller memory limit; None when no smaller one was tried.
        undecided: Why it could not be confirmed as often as wanted; None when it was.
        cpus_is_upper_bound: Whether less CPU might hold too, because no smaller limit may be tried.
        memory_is_upper_bound: Whether less memory might hold too, because no smaller limit may be tried.
    """

    limits: Limits
    confirmations: int
    smaller_cpus: Neighbour | None = None
    smaller_memory: Neighbour | None = None
    undecided: Invalid | None = None
    cpus_is_upper_bound: bool = False
    memory_is_upper_bound: bool = False


@dataclass(frozen=True, slots=True)
class ReplicaResult:
    """What several replicas need, compared with one.

    Attributes:
        replicas: Number of replicas.
        equal: Verdict with the CPU of one instance shared out, or with the smallest CPU that so many can be given.
        limits: The smallest limits of each that hold; None when none were found.
        confirmations: How often these held once more.
        smaller: The next smaller CPU limit; None when there is none.
        undecided: Why it could not be confirmed; None when it was.
    """

    replicas: int
    equal: Neighbour
    limits: Limits | None = None
    confirmations: int = 0
    smaller: Neighbour | None = None
    undecided: Invalid | None = None


@dataclass(frozen=True, slots=True)
class MaxUsers:
    """The most users that hold with the largest limits, when not all of them do.

    Attributes:
        limits: The largest limits of the range.
        users: Number of users; 0 when not even the first step holds.
        confirmations: Number of ramps that held.
        stopped_by: The next larger number of users.
        undecided: Why it could not be confirmed; None when it was.
    """

    limits: Limits
    users: int
    confirmations: int
    stopped_by: Neighbour
    undecided: Invalid | None = None


@dataclass(frozen=True, slots=True)
class Headroom:
    """How many more users than wanted hold with the largest limits.

    Attributes:
        stopped_by: Verdict of the smallest number of users that did not hold; None when the generator's limit held.
    """

    stopped_by: Verdict | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Everything that a search found.

    Attributes:
        minimum: The smallest limits for all users; None when the largest limits do not hold them.
        replica_results: The same for each number of replicas.
        max_users: The most users instead, when not all hold.
        headroom: More users than wanted; None when they were not searched.
    """

    minimum: Minimum | None = None
    replica_results: tuple[ReplicaResult, ...] = ()
    max_users: MaxUsers | None = None
    headroom: Headroom | None = None

    @property
    def undecided(self) -> tuple[Invalid, ...]:
        """Every part that could not be decided: the true result may be better."""
        verdicts: list[Verdict | None] = []
        if self.minimum is not None:
            neighbours = (self.minimum.smaller_cpus, self.minimum.smaller_memory)
            verdicts += [self.minimum.undecided, *(each.verdict for each in neighbours if each is not None)]
        for result in self.replica_results:
            verdicts += [result.undecided, result.equal.verdict]
            verdicts += [] if result.smaller is None else [result.smaller.verdict]
        if self.max_users is not None:
            verdicts += [self.max_users.undecided, self.max_users.stopped_by.verdict]
        return tuple(verdict for verdict in verdicts if isinstance(verdict, Invalid))
