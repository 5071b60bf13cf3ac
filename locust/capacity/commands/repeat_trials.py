"""A series: the same staircase some times under limits that are given, each with its verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from capacity.commands.environment import Environment
from capacity.model.limits import Limits
from capacity.model.slo_evaluator import SloEvaluator
from capacity.model.spec import SearchSpec
from capacity.model.timing import Timing
from capacity.model.trial import TrialKind, TrialResult, TrialSpec
from capacity.model.verdict import Holds, Verdict
from capacity.trial.runner import LiveTrialRunner

Say = Callable[[str], None]
FILE: Final = "trial.jsonl"


@dataclass(frozen=True, slots=True)
class RepeatTrialsOptions:
    """The choices.

    Attributes:
        question: How the users come, and what has to hold.
        limits: What the replicas may use.
        runs: How many trials.
        hold_seconds: How long all users are measured.
        url: An API that runs without Docker; empty for the Compose stack.
        project: Name of the Compose project.
        out: Folder whose `trial.jsonl` gets a line for each trial.
    """

    question: SearchSpec
    limits: Limits
    runs: int
    hold_seconds: float
    url: str
    project: str
    out: Path


def run_series(world: Environment, options: RepeatTrialsOptions, say: Say) -> list[Verdict]:
    """Make the trials; each is kept as soon as it is made, and limits are put back afterwards.

    Raises:
        CapacityError: When something cannot be measured.
    """
    question = options.question
    judge = SloEvaluator(question.slo, gateway_cores=world.gateway_cores(question.via))
    timing = Timing(hold_seconds=options.hold_seconds)
    ask = TrialSpec(TrialKind.RAMP, options.limits, question.users)
    verdicts = []
    world.subject.await_ready()
    with world.subject.restored_on_exit(), world.crowd(question.via, {"LOCUST_USER": "lean"}) as crowd:
        crowd.await_users(0)
        laboratory = LiveTrialRunner(world.subject, crowd, question, judge, timing)
        for number in range(1, options.runs + 1):
            result = laboratory.measure(ask)
            verdict = judge.trial(result)
            verdicts.append(verdict)
            _keep(options.out, result, verdict)
            say(f"{number} of {options.runs}: {ask}: {result.steps[-1].figures}: {verdict.sentence}")
    return verdicts


def _keep(folder: Path, result: TrialResult, verdict: Verdict) -> None:
    """The trial without the steps that lead to its last one."""
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
