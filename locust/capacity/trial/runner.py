"""The laboratory: sets limits, sends users, and looks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from capacity.generator.interface import LoadGenerator
from capacity.model.limits import Limits
from capacity.model.slo import offered_rate
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.spec import SearchSpec
from capacity.model.step import Step
from capacity.model.timing import Timing
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from capacity.model.verdict import Holds
from capacity.target.interface import NotReadyError, Target
from capacity.trial.retry_policy import JOLT_SECONDS, LONG_JOLT_SECONDS, may_pass
from capacity.trial.sampler import GRACE_SECONDS, Sampler
from capacity.trial.warm_check import WarmCheck

_MOST_RESTLESS_SECONDS: Final = 20.0


class LiveTrialRunner:
    """Makes trials with a crowd that stays from one to the next."""

    def __init__(  # noqa: PLR0913 - what a laboratory consists of
        self,
        subject: Target,
        crowd: LoadGenerator,
        question: SearchSpec,
        judge: SloEvaluator,
        timing: Timing,
        *,
        pool: int | None = None,
    ) -> None:
        """Measure what the crowd goes to.

        Args:
            subject: What is measured.
            crowd: Users, who go where the question says.
            question: What is asked, for its steps.
            judge: Ends a staircase at its first step that does not hold.
            timing: How long things last.
            pool: Senders that share the requests of all users when arrivals are open; None when each user sends.
        """
        self._subject = subject
        self._crowd = crowd
        self._question = question
        self._judge = judge
        self._timing = timing
        self._observer = Sampler(subject, crowd, question.via, pool)
        self._calm = WarmCheck(crowd, self._observer, judge.slo)

    def measure(self, ask: TrialSpec) -> TrialResult:
        """Make a trial."""
        started_at, began = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
        self._subject.scale(ask.limits.replicas)
        make = {TrialKind.RAMP: self._climb, TrialKind.SHORT: self._hold, TrialKind.OPEN: self._open}[ask.kind]
        try:
            steps = tuple(make(ask))
        except NotReadyError as error:
            self._recover(ask.limits.replicas)
            steps = (Step.of_nobody(ask.users, error.oom_kills),)
        return TrialResult(
            kind=ask.kind,
            limits=ask.limits,
            users=ask.users,
            via=self._question.via,
            started_at=started_at,
            seconds=time.monotonic() - began,
            steps=steps,
        )

    def _hold(self, ask: TrialSpec) -> Iterator[Step]:
        senders = self._observer.senders(ask.users)
        self._crowd.set_users(senders)
        if not self._calm.is_there(ask.users):
            # All users have to be there, and no queue that an earlier trial left.
            self._recover(ask.limits.replicas)
            self._crowd.await_users(senders)
            self._calm.wait(ask.users, _MOST_RESTLESS_SECONDS)
        if self._set(ask.limits):
            self._calm.wait(ask.users, _MOST_RESTLESS_SECONDS / 2)
        self._observer.begin()
        # A queue that begins to grow now has to show in the measurement, what the change itself shook up has not.
        time.sleep(2 * self._timing.settle_seconds)
        yield self._looked_at(ask.users, self._timing.hold_seconds, jolt_seconds=JOLT_SECONDS)

    def _climb(self, ask: TrialSpec) -> Iterator[Step]:
        self._begin_anew(ask.limits)
        counts = [count for count in self._question.counts if count <= ask.users]
        self._crowd.set_users(counts[0])
        for users, following in zip(counts, [*counts[1:], None], strict=True):
            # Who came while the last answers of the step before were awaited has settled meanwhile.
            if self._crowd.current_users() != users:
                self._crowd.await_users(users)
                time.sleep(self._timing.settle_seconds)
            seconds = self._timing.step_seconds if following else self._timing.hold_seconds
            step = self._looked_at(users, seconds, following)
            yield step
            if not isinstance(self._judge.step(step, 1), Holds):
                return

    def _open(self, ask: TrialSpec) -> Iterator[Step]:
        """Arrivals up to the users' rate; it rises like that of a staircase, because a fresh replica is a cold one."""
        senders = self._observer.senders(ask.users)
        self._begin_anew(ask.limits)
        for users in (count for count in self._question.counts if count <= ask.users):
            self._crowd.set_users(senders, offered_rate(users))
            time.sleep(self._timing.settle_seconds)
        self._crowd.await_users(senders)
        time.sleep(self._timing.settle_seconds)
        yield self._looked_at(ask.users, self._timing.hold_seconds)

    def _looked_at(
        self, users: int, seconds: float, following: int | None = None, jolt_seconds: float = LONG_JOLT_SECONDS
    ) -> Step:
        """Measure, and measure what does not hold again: a want of CPU stays, a jolt of the machine passes."""
        survey = self._observer.survey(seconds)
        if following:
            # Who comes next does so while the last answers are awaited.
            self._crowd.set_users(following)
        time.sleep(GRACE_SECONDS)
        step = self._checked(self._observer.step(users, survey))
        for looks in range(2, self._timing.looks + 1):
            verdict = self._judge.step(step, 1)
            if not may_pass(verdict, step.seconds, jolt_seconds):
                break
            self._crowd.set_and_await_users(self._observer.senders(users))
            # Whom a jolt kept waiting now waits with all others before the next request: a trough, then a wave.
            time.sleep(self._timing.wave_seconds)
            again = max(seconds, self._timing.again_seconds)
            step = replace(self._checked(self._observer.watch(users, again)), looks=looks)
            self._crowd.set_users(self._observer.senders(following or users))
        return step

    def _begin_anew(self, limits: Limits) -> None:
        """Nobody is there, and the replicas are fresh.

        One that ran before carries its past: memory that a queue filled, or thousands of connections still to close,
        which kept it from answering anybody for a second.
        """
        self._crowd.set_and_await_users(0)
        self._subject.restart(limits)
        self._observer.begin()

    def _set(self, limits: Limits) -> bool:
        """Set the limits of replicas that run, or start them anew where they use more (then True).

        A replica whose memory is taken away keeps just as much as the kernel leaves it: that looks full, and only says
        what it was allowed before.
        """
        if self._observer.survey(0).memory_peak_mib > self._judge.slo.memory_share * limits.memory_mib:
            self._subject.restart(limits)
            return True
        return self._subject.limit(limits)

    def _recover(self, replicas: int) -> None:
        """Give the replicas the most there is, and wait for those that ended."""
        self._subject.limit(replace(self._question.top, replicas=replicas))
        self._subject.refresh()
        self._subject.await_ready()

    def _checked(self, step: Step) -> Step:
        """A step; what ended in it is there again afterwards."""
        if step.oom_kills or step.deaths:
            self._recover(self._subject.replica_count)
        return step
