"""The service level objective (SLO) of a capacity search."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Final, Self

from load import think_time

_STANDARD_DEVIATIONS: Final = 3


@dataclass(frozen=True, slots=True)
class Slo:
    """What every step must meet; the defaults are those of all commands.

    Attributes:
        failures: The most requests that may fail.
        p99_ms: The longest 99th percentile.
        achieved_share: The smallest part of the offered rate that must get good answers.
        memory_share: The largest part of its memory limit that a replica may use, page cache that can be dropped not
            counted. Replicas that used more held in one trial, and were killed in one of the next.
    """

    failures: int = 0
    p99_ms: float = 250
    achieved_share: float = 0.95
    memory_share: float = 0.98

    def required_rate(self, users: int, seconds: float) -> float:
        """Good answers per second that a window of so many seconds must have, less its statistical error."""
        return max(0.0, self.achieved_share * offered_rate(users) - rate_error(users, seconds))

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """From the values of `to_json`."""
        return cls(**data)


def offered_rate(users: int) -> float:
    """Requests per second that so many users would send if answers took no time."""
    return users / think_time.MEAN_SECONDS


def rate_error(users: int, seconds: float) -> float:
    """How far, in requests per second, a measured rate may be below the true one by chance.

    Three standard deviations of the number of requests that independent users send in a window that begins at a random
    moment of their waits: https://en.wikipedia.org/wiki/Renewal_theory. For 500 users and 1.75 s it is 6 % of the rate,
    for 10,000 users and 5 s it is 0.6 %.
    """
    relative = (think_time.STANDARD_DEVIATION_SECONDS / think_time.MEAN_SECONDS) ** 2
    variance = relative * seconds / think_time.MEAN_SECONDS + 1 / 6 + relative**2 / 2
    return _STANDARD_DEVIATIONS * math.sqrt(users * variance) / seconds
