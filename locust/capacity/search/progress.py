"""Progress: what is done, what is left, and for how long."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Verdict

Say = Callable[[str], None]
_NEAR: Final = 3
"""Holds from what was used of the most to the edge."""
_BEYOND: Final = 4
"""Holds from the users that were asked for to the most."""


class Phase(StrEnum):
    """A part of what is asked, in order; replicas come between two that confirm, fewer users take the place of all."""

    TOP = "most of all"
    CPU = "CPU"
    MEMORY = "memory"
    CONFIRM = "confirmation"
    BEYOND = "more users"
    REPLICAS = "replicas"
    AGAIN = "confirmed later"
    OPEN = "open arrivals"
    USERS = "fewer users"


class Progress:
    """Says a line for each trial."""

    def __init__(  # noqa: PLR0913 - what is expected
        self,
        question: SearchSpec,
        say: Say,
        everything: list[Progress],
        *,
        hold_seconds: float,
        staircase_seconds: float,
        more_users: bool = False,
        open_arrivals: bool = False,
    ) -> None:
        """Expect what a search without surprises takes.

        Args:
            question: What is searched.
            say: Takes the lines.
            everything: The progress of all searches of a command, of which a line tells; this one joins it.
            hold_seconds: How long a hold may take, until one was measured.
            staircase_seconds: The same for a staircase.
            more_users: Whether more users than asked for are tried.
            open_arrivals: Whether arrivals that wait for nobody are measured.
        """
        everything.append(self)
        self._everything = everything
        self._say = say
        self._guess = {
            TrialKind.SHORT: hold_seconds,
            TrialKind.RAMP: staircase_seconds,
            # A fresh replica, and the same steps of the rate without a measurement of each.
            TrialKind.OPEN: staircase_seconds / 2,
        }
        self._took: dict[TrialKind, list[float]] = {kind: [] for kind in self._guess}
        self._phase = Phase.TOP
        self.trials_done = 0
        self._entered = 0
        self._left: dict[Phase, Counter[TrialKind]] = {
            Phase.TOP: Counter({TrialKind.SHORT: 1}),
            Phase.CPU: Counter({TrialKind.SHORT: _NEAR}),
            Phase.MEMORY: Counter({TrialKind.SHORT: _NEAR}),
            # Before the first staircase a hold for each of the others, and two for the neighbours.
            Phase.CONFIRM: Counter({TrialKind.RAMP: 1, TrialKind.SHORT: question.confirmations + 1}),
            Phase.BEYOND: Counter({TrialKind.SHORT: _BEYOND} if more_users else {}),
            Phase.REPLICAS: self._replicas(len(question.replicas)),
            Phase.AGAIN: Counter({TrialKind.RAMP: question.confirmations - 1}),
            Phase.OPEN: Counter({TrialKind.OPEN: 1} if open_arrivals else {}),
            Phase.USERS: Counter(),
        }
        self._question = question
        self._users: Counter[TrialKind] = Counter(
            {TrialKind.SHORT: _halvings(len(question.counts)), TrialKind.RAMP: question.confirmations}
        )

    def enter(self, phase: Phase) -> None:
        """Begin a part: nothing is left of the one before, unless it goes on later."""
        if phase is Phase.USERS:
            self.end()
            self._left[phase] = self._users
        elif self._phase is not Phase.AGAIN:
            self._left[self._phase] = Counter()
        if phase is Phase.REPLICAS:
            self._left[phase] = self._replicas(len(self._question.replicas) - self._entered)
            self._entered += 1
        self._phase = phase

    def end(self) -> None:
        """Nothing is left."""
        self._left = {phase: Counter() for phase in Phase}

    def saw(self, result: TrialResult, verdict: Verdict, replayed: bool) -> None:  # noqa: FBT001 - as a Watch
        """Count a trial and say so."""
        self.trials_done += 1
        expected = self._left[self._phase]
        expected[result.kind] = max(0, expected[result.kind] - 1)
        if not replayed:
            self._took[result.kind].append(result.seconds)
        origin = " (kept from before)" if replayed else ""
        done = sum(each.trials_done for each in self._everything)
        left = sum(each.trials_left for each in self._everything)
        seconds = sum(each.seconds_left for each in self._everything)
        self._say(
            f"[{done} done, about {left} left, {duration(seconds)}] {self._question.via}, "
            f"{self._phase}: {result.spec}{origin}: {verdict.sentence}"
        )

    @property
    def trials_left(self) -> int:
        """How many are still expected."""
        return sum(left.total() for left in self._left.values())

    @property
    def seconds_left(self) -> float:
        """How long they may take, as long as those so far."""
        return sum(count * self._typical(kind) for left in self._left.values() for kind, count in left.items())

    @staticmethod
    def _replicas(numbers: int) -> Counter[TrialKind]:
        """For each: the same cores, one or two steps beside them, and one more of the best."""
        return Counter({TrialKind.SHORT: 4 * max(0, numbers)})

    def _typical(self, kind: TrialKind) -> float:
        took = self._took[kind]
        return sum(took) / len(took) if took else self._guess[kind]


def duration(seconds: float) -> str:
    """Whole minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _halvings(values: int) -> int:
    """Trials of a bisection of so many values, of which the last is known."""
    return math.ceil(math.log2(values)) if values > 1 else 0
