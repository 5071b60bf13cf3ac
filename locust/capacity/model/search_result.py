"""The answer to a capacity question."""

from __future__ import annotations

from dataclasses import dataclass

from capacity.model.limits import Limits
from capacity.model.verdict import Invalid, Verdict


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What the next value shows, beyond the answer.

    Attributes:
        limits: What the replicas might use.
        users: With how many users.
        verdict: That it fails, or that it could not be decided.
    """

    limits: Limits
    users: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Minimum:
    """The least that one instance needs.

    Attributes:
        limits: What it may use.
        confirmations: How often whole staircases held.
        smaller_cpus: The next smaller cores; None when no less was asked for.
        smaller_memory: The next smaller memory; None when no less was asked for.
        undecided: Why it could not be confirmed as often as wanted; None when it was.
        cpus_is_upper_bound: Whether smaller cores might hold too, but were not tried.
        memory_is_upper_bound: The same of the memory.
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
    """What some replicas need, compared with one.

    Attributes:
        replicas: How many.
        equal: What they show with the cores of one shared out, or with the least that so many can be given.
        limits: The least that each needs; None when nothing was found to hold.
        confirmations: How often that held once more.
        smaller: The next smaller cores; None when there are none.
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
    """The most users that the most of CPU and memory holds, when it does not hold all.

    Attributes:
        limits: What the instance might use.
        users: How many; 0 when not even the first step holds.
        confirmations: How often whole staircases held.
        stopped_by: What the next step shows.
        undecided: Why it could not be confirmed; None when it was.
    """

    limits: Limits
    users: int
    confirmations: int
    stopped_by: Neighbour
    undecided: Invalid | None = None


@dataclass(frozen=True, slots=True)
class Headroom:
    """How far it went beyond the users that were asked for, with the most of CPU and memory.

    Attributes:
        stopped_by: What the fewest users showed that were not held; None when the most that may be tried were held.
    """

    stopped_by: Verdict | None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Everything that was found.

    Attributes:
        minimum: The least for all users; None when the most does not hold them.
        several: The same for more replicas.
        reached: The most users instead, when not all are held.
        beyond: More users; None when nobody wanted to know.
    """

    minimum: Minimum | None = None
    several: tuple[ReplicaResult, ...] = ()
    reached: MaxUsers | None = None
    beyond: Headroom | None = None

    @property
    def undecided(self) -> tuple[Invalid, ...]:
        """Whatever could not be decided: the answer may be better than it says there."""
        found: list[Verdict | None] = []
        if self.minimum is not None:
            neighbours = (self.minimum.smaller_cpus, self.minimum.smaller_memory)
            found += [self.minimum.undecided, *(each.verdict for each in neighbours if each is not None)]
        for several in self.several:
            found += [several.undecided, several.equal.verdict]
            found += [] if several.smaller is None else [several.smaller.verdict]
        if self.reached is not None:
            found += [self.reached.undecided, self.reached.stopped_by.verdict]
        return tuple(verdict for verdict in found if isinstance(verdict, Invalid))
