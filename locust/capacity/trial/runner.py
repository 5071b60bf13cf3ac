"""Makes trials on the running system: sets limits and users, and measures steps."""

from __future__ import annotations

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
from capacity.target.interface import ReplicaNotReadyError, Target
from capacity.trial.retry_policy import LONG_STALL_SECONDS, STALL_SECONDS, may_hold_again
from capacity.trial.sampler import GRACE_SECONDS, Sampler
from capacity.trial.warm_check import WarmCheck

_MAX_WARM_UP_SECONDS: Final = 20.0


class LiveTrialRunner:
    """Makes trials with users that keep running from one to the next."""

    def __init__(  # noqa: PLR0913 - the parts of a measurement
        self,
        target: Target,
        generator: LoadGenerator,
        spec: SearchSpec,
        evaluator: SloEvaluator,
        timing: Timing,
        *,
        senders: int | None = None,
    ) -> None:
        """Prepare.

        Args:
            target: The system under test.
            generator: The load generator, whose users take the route of the specification.
            spec: The search, for its steps and largest limits.
            evaluator: Ends a ramp at its first step that does not hold.
            timing: Durations.
            senders: Number of senders that share all open-loop requests; None when each user sends its own.
        """
        self._target = target
        self._generator = generator
        self._clock = generator.clock
        self._spec = spec
        self._evaluator = evaluator
        self._timing = timing
        self._sampler = Sampler(target, generator, spec.via, senders)
        self._warm_check = WarmCheck(self._sampler, evaluator, self._clock)

    def measure(self, trial: TrialSpec) -> TrialResult:
        """Make a trial."""
        started_at, began = datetime.now(UTC).isoformat(timespec="seconds"), self._clock.monotonic()
        self._target.scale(trial.limits.replicas)
        steps_of = {TrialKind.RAMP: self._ramp, TrialKind.SHORT: self._short_test, TrialKind.OPEN: self._open_loop}
        try:
            steps = tuple(steps_of[trial.kind](trial))
        except ReplicaNotReadyError as error:
            self._recover(trial.limits.replicas)
            steps = (Step.not_started(trial.users, error.oom_kills),)
        return TrialResult(
            kind=trial.kind,
            limits=trial.limits,
            users=trial.users,
            via=self._spec.via,
            started_at=started_at,
            seconds=self._clock.monotonic() - began,
            steps=steps,
        )

    def _short_test(self, trial: TrialSpec) -> Iterator[Step]:
        senders = self._sampler.senders(trial.users)
        self._generator.set_users(senders)
        if not self._warm_check.is_warm(trial.users, trial.limits):
            # Start missing users, and let a queue of an earlier trial drain, with the largest limits.
            self._recover(trial.limits.replicas)
            self._generator.await_users(senders)
            self._warm_check.wait(trial.users, trial.limits, _MAX_WARM_UP_SECONDS)
        if self._set_limits(trial.limits):
            self._warm_check.wait(trial.users, trial.limits, _MAX_WARM_UP_SECONDS / 2)
        self._sampler.ignore_past_exits()
        # The measurement is to show a queue that these limits cause, but not the disturbance of their change.
        self._clock.sleep(2 * self._timing.settle_seconds)
        yield self._measure(trial.limits, trial.users, self._timing.hold_seconds, stall_seconds=STALL_SECONDS)

    def _ramp(self, trial: TrialSpec) -> Iterator[Step]:
        self._restart(trial.limits)
        counts = [count for count in self._spec.counts if count <= trial.users]
        self._generator.set_users(counts[0])
        for users, next_users in zip(counts, [*counts[1:], None], strict=True):
            # Users that started while the last answers of the step before were awaited have settled already.
            if self._generator.current_users() != users:
                self._generator.await_users(users)
                self._clock.sleep(self._timing.settle_seconds)
            seconds = self._timing.step_seconds if next_users else self._timing.hold_seconds
            step = self._measure(trial.limits, users, seconds, next_users)
            yield step
            if not isinstance(self._evaluator.step(step, 1, trial.limits), Holds):
                return

    def _open_loop(self, trial: TrialSpec) -> Iterator[Step]:
        """Open-loop requests up to the users' rate, raised in the steps of a ramp, so that new replicas warm up."""
        senders = self._sampler.senders(trial.users)
        self._restart(trial.limits)
        for users in (count for count in self._spec.counts if count <= trial.users):
            self._generator.set_users(senders, offered_rate(users))
            self._clock.sleep(self._timing.settle_seconds)
        self._generator.await_users(senders)
        self._clock.sleep(self._timing.settle_seconds)
        yield self._measure(trial.limits, trial.users, self._timing.hold_seconds)

    def _measure(
        self,
        limits: Limits,
        users: int,
        seconds: float,
        next_users: int | None = None,
        stall_seconds: float = LONG_STALL_SECONDS,
    ) -> Step:
        """Measure a step; one that a stall of the machine may have failed is measured again."""
        window = self._sampler.window(seconds)
        if next_users:
            # The next users start while the last answers are awaited.
            self._generator.set_users(next_users)
        self._clock.sleep(GRACE_SECONDS)
        step = self._recovered(self._sampler.step(users, window))
        for looks in range(2, self._timing.looks + 1):
            if not may_hold_again(self._evaluator.step(step, 1, limits), step.seconds, stall_seconds):
                break
            self._generator.set_and_await_users(self._sampler.senders(users))
            # Users that a stall delayed send their next requests at the same time: fewer requests, then more.
            self._clock.sleep(self._timing.wave_seconds)
            again = max(seconds, self._timing.again_seconds)
            step = replace(self._recovered(self._sampler.measure(users, again)), looks=looks)
            self._generator.set_users(self._sampler.senders(next_users or users))
        return step

    def _restart(self, limits: Limits) -> None:
        """Remove all users and restart the replicas.

        Replicas that ran before still have the memory that a queue took, or thousands of connections to close, during
        which they answered nothing for a second.
        """
        self._generator.set_and_await_users(0)
        self._target.restart(limits)
        self._sampler.ignore_past_exits()

    def _set_limits(self, limits: Limits) -> bool:
        """Set the limits of running replicas; restart them (then True) when they use more memory than that.

        The kernel reclaims memory of a running replica only down to its limit. So it would always look full, and the
        measurement would tell nothing about what it needs.
        """
        if self._sampler.window(0).memory_peak_mib > self._evaluator.slo.memory_share * limits.memory_mib:
            self._target.restart(limits)
            return True
        return self._target.limit(limits)

    def _recover(self, replicas: int) -> None:
        """Set the largest limits, and wait until replicas that ended are ready again."""
        self._target.limit(replace(self._spec.top, replicas=replicas))
        self._target.refresh()
        self._target.await_ready()

    def _recovered(self, step: Step) -> Step:
        """The step, after replicas that ended in it are ready again."""
        if step.oom_kills or step.deaths:
            self._recover(self._target.replica_count)
        return step
