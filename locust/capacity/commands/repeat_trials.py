"""Repeated ramps with given limits, each with its verdict."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from capacity.commands.environment import Environment
from capacity.model.limits import Limits
from capacity.model.spec import SearchSpec
from capacity.model.timing import Timing
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from capacity.model.verdict import Holds, Verdict
from capacity.search.progress import ProgressCallback
from capacity.trial.runner import LiveTrialRunner

FILE: Final = "trial.jsonl"


@dataclass(frozen=True, slots=True)
class RepeatTrialsOptions:
    """The options.

    Attributes:
        spec: Users, steps, route and SLO.
        limits: Limits of the replica.
        runs: Number of trials.
        hold_seconds: Duration of the measurement of all users.
        url: An API that runs without Docker; empty for the Compose stack.
        project: Name of the Compose project.
        out: Folder whose `trial.jsonl` gets a line for each trial.
    """

    spec: SearchSpec
    limits: Limits
    runs: int
    hold_seconds: float
    url: str
    project: str
    out: Path


def repeat_trials(environment: Environment, options: RepeatTrialsOptions, callback: ProgressCallback) -> list[Verdict]:
    """Make the trials; each is written as soon as it has ended, and the limits are restored afterwards.

    Raises:
        CapacityError: When something cannot be measured.
    """
    spec = options.spec
    evaluator = environment.evaluator(spec.slo, spec.via)
    timing = Timing(hold_seconds=options.hold_seconds)
    trial = TrialSpec(TrialKind.RAMP, environment.effective(options.limits), spec.users)
    verdicts = []
    target = environment.target
    target.await_ready()
    with target.restored_on_exit(), environment.generator(spec.via, {"LOCUST_USER": "lean"}) as generator:
        generator.await_users(0)
        runner = LiveTrialRunner(target, generator, spec, evaluator, timing)
        for number in range(1, options.runs + 1):
            result = runner.measure(trial)
            verdict = evaluator.trial(result)
            verdicts.append(verdict)
            _append(options.out, result, verdict)
            callback(f"{number} of {options.runs}: {trial}: {result.steps[-1].figures}: {verdict.sentence}")
    return verdicts


def _append(folder: Path, result: TrialResult, verdict: Verdict) -> None:
    """Write the trial with its last step only."""
    line: dict[str, Any] = {
        "started_at": result.started_at,
        "via": result.via,
        "users": result.users,
        "limits": asdict(result.limits),
        "holds": isinstance(verdict, Holds),
        "verdict": verdict.sentence,
        "step": result.steps[-1].to_json(),
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
