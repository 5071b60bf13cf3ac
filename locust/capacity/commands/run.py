"""An inquest: all questions of a command, asked in one world."""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from capacity.commands.environment import Environment
from capacity.commands.options import MOST_USERS, Options
from capacity.commands.run_state import RunState
from capacity.generator.interface import LoadGenerator
from capacity.model.slo import offered_rate
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialResult
from capacity.model.verdict import Verdict
from capacity.search.bisection import decided
from capacity.search.progress import Phase, Progress
from capacity.search.search import Search
from capacity.trial.client import LoggedTrialClient
from capacity.trial.log import TrialLog
from capacity.trial.runner import LiveTrialRunner
from capacity.trial.sampler import POOL

Say = Callable[[str], None]


class CapacityRun:
    """Asks the questions one after the other; everything is as before afterwards."""

    def __init__(self, world: Environment, options: Options, say: Say) -> None:
        """Prepare; nothing is changed yet."""
        self._world = world
        self._options = options
        self._say = say
        self._course = RunState(digests=world.digests)
        self._progress: list[Progress] = []

    def run(self) -> RunState:
        """TrialSpec everything.

        Raises:
            CapacityError: When something cannot be measured.
        """
        self._world.subject.await_ready()
        with self._world.subject.restored_on_exit(), contextlib.ExitStack() as stack:
            subject = hashlib.sha256(repr(sorted(self._course.digests.items())).encode()).hexdigest()[:16]
            questions = [replace(self._world.possible(each), subject=subject) for each in self._options.questions]
            turns = [self._ask(question, self._expected(question)) for question in questions]
            going_on = deque(stack.enter_context(contextlib.closing(each)) for each in turns)
            # In turn: what is asked for one question is time that passes for the others.
            while going_on:
                turn = going_on.popleft()
                with contextlib.suppress(StopIteration):
                    next(turn)
                    going_on.append(turn)
            self._course.left_out += self._world.left_out()
            self._course.limited = self._world.limited
        return self._course

    def _expected(self, question: SearchSpec) -> Progress:
        timing = self._options.timing
        return Progress(
            question,
            self._say,
            self._progress,
            hold_seconds=timing.hold_seconds + 3,
            staircase_seconds=len(question.counts) * (timing.step_seconds + 1) + timing.hold_seconds,
            more_users=self._options.seeks_more_users(question.via),
            open_arrivals=self._options.has_open_arrivals(question.via),
        )

    def _ask(self, question: SearchSpec, progress: Progress) -> Generator[None]:
        """TrialSpec one question; others may be asked whenever it yields."""
        judge = SloEvaluator(question.slo, gateway_cores=self._world.gateway_cores(question.via))

        def watch(result: TrialResult, verdict: Verdict, replayed: bool) -> None:  # noqa: FBT001 - as a Watch
            self._course.trials.append((result, verdict))
            progress.saw(result, verdict, replayed)

        with TrialLog.open(unfinished(self._options.out, question), question) as journal:
            with self._crowd(question, LOCUST_USER="lean") as crowd:
                laboratory = LiveTrialRunner(self._world.subject, crowd, question, judge, self._options.timing)
                probe = LoggedTrialClient(laboratory, journal, judge, watch)
                most = MOST_USERS if self._options.seeks_more_users(question.via) else None
                for answer in Search(question, probe, progress.enter, most).run():
                    self._course.answers[question.via] = answer
                    # Nobody is there while others are asked.
                    crowd.set_and_await_users(0)
                    yield
            minimum = self._course.answers[question.via].minimum
            if minimum is not None and self._options.has_open_arrivals(question.via):
                progress.enter(Phase.OPEN)
                # The nominal rate as arrivals that wait for nobody, under the limits that hold the users.
                rate = f"{offered_rate(question.users):.6g}"
                with self._crowd(question, LOCUST_USER="open", LOCUST_ARRIVAL_RATE=rate) as crowd:
                    laboratory = LiveTrialRunner(
                        self._world.subject, crowd, question, judge, self._options.timing, pool=POOL
                    )
                    arrivals = LoggedTrialClient(laboratory, journal, judge, watch)
                    decided(partial(arrivals.arrive, minimum.limits, question.users))
            progress.end()

    @contextlib.contextmanager
    def _crowd(self, question: SearchSpec, **variables: str) -> Iterator[LoadGenerator]:
        with self._world.crowd(question.via, variables) as crowd:
            crowd.await_users(0)
            yield crowd


def unfinished(folder: Path, question: SearchSpec) -> Path:
    """Where the trials of a question are until all questions of a command are answered."""
    return folder / f"trials.{question.via}.unfinished.jsonl"


def finish(folder: Path, question: SearchSpec) -> None:
    """Keep the trials of an answered question under their own name: the next command measures anew."""
    unfinished(folder, question).replace(folder / f"trials.{question.via}.jsonl")
