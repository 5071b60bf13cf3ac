"""The soak test and the stress test."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from capacity.commands.environment import Environment
from capacity.commands.run_state import now
from capacity.commands.soak import SoakVerdict, evaluate_soak
from capacity.commands.soak_stress_options import SoakStressOptions
from capacity.commands.stress import StressVerdict, evaluate_stress
from capacity.errors import CapacityError
from capacity.generator.interface import LoadGenerator
from capacity.model.slo import offered_rate
from capacity.model.step import Step
from capacity.search.progress import ProgressCallback
from capacity.trial.sampler import SENDERS, Sampler

_SETTLE_SECONDS: Final = 5.0
_SOAK_STEP_SECONDS: Final = 30.0
_STRESS_SHARES: Final = (0.25, 0.5, 0.75, 1.0)
_RECOVERY_STEP_SECONDS: Final = 1.0


class SoakStress:
    """Runs either test on one environment."""

    def __init__(self, environment: Environment, options: SoakStressOptions, callback: ProgressCallback) -> None:
        """Prepare; nothing is changed yet."""
        self._environment = environment
        self._options = options
        self._callback = callback
        self._limits = environment.effective(options.limits)
        self._evaluator = environment.evaluator(options.slo, options.via)

    def soak(self) -> SoakVerdict:
        """Run all users for a long time."""
        options = self._options
        steps: list[Step] = []
        count = max(6, round(options.minutes * 60 / _SOAK_STEP_SECONDS))
        seconds = min(_SOAK_STEP_SECONDS, options.minutes * 60 / count)
        with self._users({"LOCUST_USER": "lean"}, options.users, None) as (sampler, _):
            for number in range(1, count + 1):
                step = sampler.measure(options.users, seconds)
                steps.append(step)
                verdict = self._evaluator.step(step, number, self._limits)
                self._callback(f"{number} of {count}: {step.figures}: {verdict.sentence}")
        result = evaluate_soak(steps, self._evaluator, self._limits, options.growth)
        self._write("soak", steps, {**asdict(result.growth), "holds": result.holds, "sentence": result.sentence})
        return result

    def stress(self) -> StressVerdict:
        """Raise the rate far above what can be answered, and lower it again."""
        options = self._options
        full = offered_rate(options.users)
        low = _STRESS_SHARES[0]
        variables = {"LOCUST_USER": "open", "LOCUST_ARRIVAL_RATE": f"{full * low:.6g}"}
        rising: list[Step] = []
        with self._users(variables, options.users, SENDERS) as (sampler, generator):
            for share in _STRESS_SHARES:
                generator.set_users(SENDERS, full * share)
                generator.clock.sleep(1)
                step = sampler.measure(round(options.users * share), options.rate_seconds)
                rising.append(step)
                self._callback(f"{step.offered:,.0f} requests per second: {step.figures}")
            generator.set_users(SENDERS, full * low)
            count = round(options.recovery_seconds / _RECOVERY_STEP_SECONDS)
            windows = [sampler.window(_RECOVERY_STEP_SECONDS) for _ in range(count)]
            generator.clock.sleep(1)
            recovering = [sampler.step(round(options.users * low), window) for window in windows]
        result = evaluate_stress(rising, recovering, self._evaluator, self._limits)
        values = {**asdict(result), "holds": result.holds, "sentence": result.sentence}
        self._write("stress", [*rising, *recovering], values)
        return result

    @contextmanager
    def _users(
        self, variables: dict[str, str], users: int, senders: int | None
    ) -> Iterator[tuple[Sampler, LoadGenerator]]:
        """All users run with the limits; yields what measures them and what sets their rate."""
        target, options = self._environment.target, self._options
        with target.restored_on_exit():
            target.scale(1)
            target.limit(options.limits)
            target.await_ready()
            with self._environment.generator(options.via, variables) as generator:
                generator.await_users(0)
                self._callback(f"{options.users:,} users are starting, with {self._limits}, {options.via}")
                # They start with the limits too, because users of a real service do.
                if not generator.set_and_await_users(senders or users):
                    raise CapacityError(f"{senders or users} users did not start in time")
                generator.clock.sleep(_SETTLE_SECONDS)
                yield Sampler(target, generator, options.via, senders), generator

    def _write(self, name: str, steps: Sequence[Step], verdict: dict[str, object]) -> None:
        """Write every step as CSV, and the verdict with the options as JSON."""
        options = self._options
        options.out.mkdir(parents=True, exist_ok=True)
        rows = [{"step": number, **step.to_json()} for number, step in enumerate(steps, start=1)]
        with (options.out / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        asked = {**asdict(replace(options, out=Path())), "out": None}
        text = json.dumps({"ended_at": now(), "asked": asked, "verdict": verdict, "steps": rows}, indent=2)
        (options.out / f"{name}.json").write_text(text + "\n", encoding="utf-8")
