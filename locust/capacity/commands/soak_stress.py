"""A soak and a stress: all users for long, or too many requests."""

from __future__ import annotations

import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

from capacity.commands.environment import Environment
from capacity.commands.run_state import now
from capacity.commands.soak import SoakVerdict, judge_soak
from capacity.commands.soak_stress_options import SoakStressOptions
from capacity.commands.stress import StressVerdict, judge_stress
from capacity.errors import CapacityError
from capacity.model.slo import offered_rate
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.step import Step
from capacity.trial.sampler import POOL, Sampler

Say = Callable[[str], None]

_SETTLE_SECONDS: Final = 5.0
_SOAK_STEP_SECONDS: Final = 30.0
_STRESS_STEP_SECONDS: Final = 8.0
_SHARES: Final = (0.25, 0.5, 0.75, 1.0)
_RECOVERY_STEP_SECONDS: Final = 1.0
_RECOVERY_LOOKS: Final = 30


class SoakStress:
    """Measures what one kind of trial needs."""

    def __init__(self, world: Environment, options: SoakStressOptions, say: Say) -> None:
        """Prepare; nothing is changed yet."""
        self._world = world
        self._options = options
        self._say = say
        self._judge = SloEvaluator(options.slo, gateway_cores=world.gateway_cores(options.via))

    def soak(self) -> SoakVerdict:
        """All users for a long time."""
        options = self._options
        steps: list[Step] = []
        count = max(6, round(options.minutes * 60 / _SOAK_STEP_SECONDS))
        seconds = min(_SOAK_STEP_SECONDS, options.minutes * 60 / count)
        with self._observer({"LOCUST_USER": "lean"}, options.users, None) as (observer, _):
            for number in range(1, count + 1):
                step = observer.watch(options.users, seconds)
                steps.append(step)
                verdict = self._judge.step(step, number)
                self._say(f"{number} of {count}: {step.figures}: {verdict.sentence}")
        found = judge_soak(steps, self._judge, options.growth)
        self._write("soak", steps, {**asdict(found.growth), "holds": found.holds, "sentence": found.sentence})
        return found

    def stress(self) -> StressVerdict:
        """Past the limit and back."""
        options = self._options
        full = offered_rate(options.users)
        variables = {"LOCUST_USER": "open", "LOCUST_ARRIVAL_RATE": f"{full * _SHARES[0]:.6g}"}
        rising: list[Step] = []
        recovering: list[Step] = []
        with self._observer(variables, options.users, POOL) as (observer, set_rate):
            for share in _SHARES:
                set_rate(full * share)
                time.sleep(1)
                step = observer.watch(round(options.users * share), _STRESS_STEP_SECONDS)
                rising.append(step)
                self._say(f"{step.offered:,.0f} requests a second: {step.figures}")
            set_rate(full * _SHARES[0])
            surveys = [observer.survey(_RECOVERY_STEP_SECONDS) for _ in range(_RECOVERY_LOOKS)]
            time.sleep(1)
            recovering = [observer.step(round(options.users * _SHARES[0]), survey) for survey in surveys]
        found = judge_stress(rising, recovering, self._judge)
        values = {**asdict(found), "holds": found.holds, "sentence": found.sentence}
        self._write("stress", [*rising, *recovering], values)
        return found

    @contextmanager
    def _observer(
        self, variables: dict[str, str], users: int, pool: int | None
    ) -> Iterator[tuple[Sampler, Callable[[float], None]]]:
        """An observer of users who are all there, and what changes the rate of open arrivals."""
        subject, options = self._world.subject, self._options
        with subject.restored_on_exit():
            subject.scale(1)
            subject.limit(options.limits)
            subject.await_ready()
            with self._world.crowd(options.via, variables) as crowd:
                crowd.await_users(0)
                self._say(f"{options.users:,} users are on their way to {options.limits}, {options.via}")
                senders = pool or users
                # They come under the limits too: who stays for long has to come in.
                if not crowd.set_and_await_users(senders):
                    raise CapacityError(f"{senders} users did not come in time")
                time.sleep(_SETTLE_SECONDS)

                def set_rate(rate: float) -> None:
                    crowd.set_users(senders, rate)

                yield Sampler(subject, crowd, options.via, pool), set_rate

    def _write(self, name: str, steps: Sequence[Step], verdict: dict[str, object]) -> None:
        """Every step as CSV, the verdict with what was asked as JSON."""
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
