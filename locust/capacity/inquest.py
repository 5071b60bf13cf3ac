"""An inquest: all questions of a command, asked in one world."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from capacity.course import Course
from capacity.crowd import Crowd
from capacity.journal import Journal
from capacity.judge import Judge
from capacity.largest import most_beyond
from capacity.limits import Limits
from capacity.live_laboratory import LiveLaboratory
from capacity.observer import POOL
from capacity.options import MOST_USERS, Options
from capacity.probe import JournaledProbe
from capacity.progress import Phase, Progress
from capacity.question import Question
from capacity.search import Search
from capacity.slo import offered_rate
from capacity.trial_result import Ask, Kind, TrialResult
from capacity.verdict import Holds, Verdict
from capacity.world import World

Say = Callable[[str], None]


class Inquest:
    """Asks the questions one after the other; everything is as before afterwards."""

    def __init__(self, world: World, options: Options, say: Say) -> None:
        """Prepare; nothing is changed yet."""
        self._world = world
        self._options = options
        self._say = say
        self._course = Course(digests=world.digests)

    def run(self) -> Course:
        """Ask everything.

        Raises:
            CapacityError: When something cannot be measured.
        """
        self._world.subject.await_ready()
        with self._world.subject.borrowed():
            subject = hashlib.sha256(repr(sorted(self._course.digests.items())).encode()).hexdigest()[:16]
            for question in self._options.questions:
                self._ask(replace(self._world.possible(question), subject=subject))
            self._course.left_out += self._world.left_out()
            self._course.limited = self._world.limited
        return self._course

    def _ask(self, question: Question) -> None:
        judge = Judge(question.slo, gateway_cores=self._world.gateway_cores(question.via))
        timing = self._options.timing
        stairs = len(question.counts) * (timing.step_seconds + 1) + timing.hold_seconds
        progress = Progress(
            question,
            self._say,
            hold_seconds=timing.hold_seconds + 3,
            staircase_seconds=stairs,
            beyond=self._options.extras,
        )

        def watch(result: TrialResult, verdict: Verdict, replayed: bool) -> None:  # noqa: FBT001 - as a Watch
            self._course.trials.append((result, verdict))
            progress.saw(result, verdict, replayed)

        with Journal.open(unfinished(self._options.out, question), question) as journal:
            with self._crowd(question, LOCUST_USER="lean") as crowd:
                laboratory = LiveLaboratory(self._world.subject, crowd, question, judge, timing)
                probe = JournaledProbe(laboratory, journal, judge, watch)
                found = Search(question, probe, progress.enter).run()
                self._course.answers[question.via] = found
                if self._options.extras and found.minimum is not None:
                    progress.enter(Phase.BEYOND)
                    self._world.subject.have(1)
                    self._course.beyond[question.via] = most_beyond(question, probe, MOST_USERS)
            if self._options.extras and found.minimum is not None and question.via == "gateway":
                self._say("the same rate as open arrivals")
                self._open(question, found.minimum.limits, journal, judge)

    def _open(self, question: Question, limits: Limits, journal: Journal, judge: Judge) -> None:
        """The nominal rate as arrivals that wait for nobody, under the limits that hold the users."""
        ask = Ask(Kind.OPEN, limits, question.users)
        result = journal.recorded(ask)
        if result is None:
            rate = f"{offered_rate(question.users):.6g}"
            with self._crowd(question, LOCUST_USER="open", LOCUST_ARRIVAL_RATE=rate) as crowd:
                laboratory = LiveLaboratory(
                    self._world.subject, crowd, question, judge, self._options.timing, pool=POOL
                )
                result = laboratory.measure(ask)
            journal.keep(result)
        for trial, verdict in self._course.trials:
            if trial.limits == limits and trial.kind is Kind.STAIRCASE and isinstance(verdict, Holds):
                self._course.closed = trial.steps[-1]
        self._course.free = result.steps[-1]
        self._course.trials.append((result, judge.trial(result)))

    @contextlib.contextmanager
    def _crowd(self, question: Question, **variables: str) -> Iterator[Crowd]:
        with self._world.crowd(question.via, variables) as crowd:
            crowd.await_users(0)
            yield crowd


def unfinished(folder: Path, question: Question) -> Path:
    """Where the trials of a question are until all questions of a command are answered."""
    return folder / f"trials.{question.via}.unfinished.jsonl"


def finish(folder: Path, question: Question) -> None:
    """Keep the trials of an answered question under their own name: the next command measures anew."""
    unfinished(folder, question).replace(folder / f"trials.{question.via}.jsonl")
