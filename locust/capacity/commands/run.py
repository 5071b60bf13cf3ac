"""The run of a capacity command: a search for each route, on one system under test."""

from __future__ import annotations

import contextlib
import hashlib
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

from capacity.commands.environment import Environment
from capacity.commands.options import Options
from capacity.commands.run_state import RunState
from capacity.generator.interface import LoadGenerator
from capacity.model.slo import offered_rate
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialKind, TrialResult
from capacity.model.verdict import Verdict
from capacity.search.bisection import retry_invalid
from capacity.search.phase import Phase
from capacity.search.progress import Progress, ProgressCallback
from capacity.search.search import Search
from capacity.trial.client import LoggedTrialClient
from capacity.trial.log import TrialLog
from capacity.trial.runner import LiveTrialRunner
from capacity.trial.sampler import SENDERS


class CapacityRun:
    """Runs all searches; limits and replicas are restored afterwards."""

    def __init__(self, environment: Environment, options: Options, callback: ProgressCallback) -> None:
        """Prepare; nothing is changed yet."""
        self._environment = environment
        self._options = options
        self._callback = callback
        self._state = RunState(digests=environment.digests)
        self._progress: list[Progress] = []

    def run(self) -> RunState:
        """Run all searches.

        Raises:
            CapacityError: When something cannot be measured.
        """
        target = self._environment.target
        target.await_ready()
        with target.restored_on_exit(), contextlib.ExitStack() as stack:
            digest = hashlib.sha256(repr(sorted(self._state.digests.items())).encode()).hexdigest()[:16]
            specs = [replace(self._environment.possible(each), subject=digest) for each in self._options.specs]
            searches = [self._search(spec, self._planned(spec)) for spec in specs]
            running = deque(stack.enter_context(contextlib.closing(each)) for each in searches)
            # The searches take turns, so that minutes pass between the ramps that confirm a result.
            while running:
                search = running.popleft()
                with contextlib.suppress(StopIteration):
                    next(search)
                    running.append(search)
            self._state.left_out += self._environment.left_out()
            self._state.limited = self._environment.limited
        return self._state

    def _planned(self, spec: SearchSpec) -> Progress:
        timing = self._options.timing
        ramp_seconds = len(spec.counts) * (timing.step_seconds + 1) + timing.hold_seconds
        return Progress(
            spec,
            self._callback,
            self._progress,
            seconds={
                TrialKind.SHORT: timing.hold_seconds + 3,
                TrialKind.RAMP: ramp_seconds,
                # A restart and the same steps of the rate, without a measurement of each.
                TrialKind.OPEN: ramp_seconds / 2,
            },
            most_users=self._options.most_users(spec.via),
            open_loop=self._options.has_open_loop(spec.via),
        )

    def _search(self, spec: SearchSpec, progress: Progress) -> Generator[None]:
        """Run one search; other searches may run whenever it yields."""
        evaluator = self._environment.evaluator(spec.slo, spec.via)
        target, timing = self._environment.target, self._options.timing

        def listener(result: TrialResult, verdict: Verdict, from_log: bool) -> None:  # noqa: FBT001 - a TrialListener
            self._state.trials.append((result, verdict))
            progress.record(result, verdict, from_log)

        with TrialLog.open(unfinished(self._options.out, spec), spec) as log:

            def client(generator: LoadGenerator, senders: int | None = None) -> LoggedTrialClient:
                runner = LiveTrialRunner(target, generator, spec, evaluator, timing, senders=senders)
                return LoggedTrialClient(runner, log, evaluator, listener)

            with self._generator(spec, LOCUST_USER="lean") as generator:
                most_users = self._options.most_users(spec.via)
                for result in Search(spec, client(generator), progress.enter, most_users).run():
                    self._state.results[spec.via] = result
                    # No users of this route run during the other searches.
                    generator.set_and_await_users(0)
                    yield
            minimum = self._state.results[spec.via].minimum
            if minimum is not None and self._options.has_open_loop(spec.via):
                progress.enter(Phase.OPEN)
                rate = f"{offered_rate(spec.users):.6g}"
                with self._generator(spec, LOCUST_USER="open", LOCUST_ARRIVAL_RATE=rate) as generator:
                    retry_invalid(partial(client(generator, SENDERS).open_loop, minimum.limits, spec.users))
            progress.end()

    @contextlib.contextmanager
    def _generator(self, spec: SearchSpec, **variables: str) -> Iterator[LoadGenerator]:
        with self._environment.generator(spec.via, variables) as generator:
            generator.await_users(0)
            yield generator


def unfinished(folder: Path, spec: SearchSpec) -> Path:
    """The trial log of a search until all searches of a command have ended."""
    return folder / f"trials.{spec.via}.unfinished.jsonl"


def finish(folder: Path, spec: SearchSpec) -> None:
    """Rename the trial log of a finished search, so that the next command does not continue it."""
    unfinished(folder, spec).replace(folder / f"trials.{spec.via}.jsonl")
