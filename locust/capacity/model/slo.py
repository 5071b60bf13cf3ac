"""What has to hold: the service level objective of a capacity question."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

MEAN_WAIT_SECONDS: Final = 1.75
"""Users wait from 1 to 2.5 s between two requests."""
_WAIT_DEVIATION_SECONDS: Final = 1.5 / math.sqrt(12)
_DEVIATIONS: Final = 3


@dataclass(frozen=True, slots=True)
class Slo:
    """The limits of a step that holds.

    Attributes:
        failures: The most requests that may fail.
        p99_ms: The longest 99th percentile.
        achieved_share: The least part of the offered rate that has to be answered well.
        memory_share: The most of its limit that a replica's memory may fill, page cache that can be dropped left out.
            What filled more held today, and ended in one of the next staircases.
    """

    failures: int = 0
    p99_ms: float = 250
    achieved_share: float = 0.95
    memory_share: float = 0.98

    def due(self, users: int, seconds: float) -> float:
        """Good answers a second below which the rate does not hold; what chance alone could take away is allowed."""
        return max(0.0, self.achieved_share * offered_rate(users) - chance(users, seconds))

    def to_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From what `to_json` wrote."""
        return cls(**data)


def offered_rate(users: int) -> float:
    """Requests a second that so many users would make if answers took no time."""
    return users / MEAN_WAIT_SECONDS


def chance(users: int, seconds: float) -> float:
    """How far, in requests a second, a measurement may lie below the true rate without meaning anything.

    Three standard deviations of the number of requests that independent users make in a window, which begins at any
    moment of their waits: https://en.wikipedia.org/wiki/Renewal_theory. For 500 users and 1.75 s it is 6 % of the
    rate, for 10,000 users and 5 s it is 0.6 %.
    """
    relative = (_WAIT_DEVIATION_SECONDS / MEAN_WAIT_SECONDS) ** 2
    variance = relative * seconds / MEAN_WAIT_SECONDS + 1 / 6 + relative**2 / 2
    return _DEVIATIONS * math.sqrt(users * variance) / seconds
