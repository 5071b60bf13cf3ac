"""What a soak, a stress and a series of trials do."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capacity.commands.options import MOST_USERS, number, whole
from capacity.commands.repeat_trials import RepeatTrialsOptions
from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.spec import SearchSpec, SpecError

_EPILOG: Final = """\
Needs what `python -m capacity` needs. The limits are put back afterwards.

exit code: 0 holds, 1 it could not be measured, 2 wrong option, 3 does not hold, 130 interrupted
"""
_DESCRIPTIONS: Final = {
    "soak": "Durability: all users for a long time; every half minute has to hold, and memory must not grow.",
    "stress": "Overload: open arrivals up to the users' full rate, far beyond what the API may use, and back.",
    "trial": "Trials under given limits: the users come step by step and stay, each trial gets its verdict.",
}


@dataclass(frozen=True, slots=True)
class SoakStressOptions:
    """The choices.

    Attributes:
        users: How many; for a stress, those whose rate is the highest.
        via: `gateway` or `direct`.
        limits: What the replica may use.
        minutes: How long a soak lasts.
        growth: The most MiB an hour that memory may grow in a soak.
        slo: What has to hold.
        url: An API that runs without Docker; empty for the Compose stack.
        project: Name of the Compose project.
        out: Folder for what was measured.
    """

    users: int
    via: str
    limits: Limits
    minutes: float
    growth: float
    slo: Slo
    url: str
    project: str
    out: Path


def parse_endurance(kind: str, arguments: Sequence[str]) -> SoakStressOptions:
    """Read the command line of `soak` or `stress`; exits with code 2 and a sentence when something is wrong."""
    soak = kind == "soak"
    made = _parser(kind, 0.15 if soak else 0.05)
    if soak:
        made.add_argument("--minutes", type=number(0.5, 24 * 60), default=10.0, help="how long (10)")
        made.add_argument("--growth", type=number(0, 10_000), default=10.0, help="MiB an hour it may grow (10)")
    given = made.parse_args(arguments)
    return SoakStressOptions(
        users=given.users,
        via="direct" if given.url else given.via,
        limits=Limits(given.cpus, given.memory),
        minutes=given.minutes if soak else 0,
        growth=given.growth if soak else 0,
        slo=Slo(p99_ms=given.p99_ms),
        url=given.url,
        project=given.project,
        out=given.out.absolute(),
    )


def parse_series(arguments: Sequence[str]) -> RepeatTrialsOptions:
    """Read the command line of `trial`; exits with code 2 and a sentence when something is wrong."""
    made = _parser("trial", 0.15)
    made.add_argument("--step-users", type=whole(1, MOST_USERS), default=500, help="more at each step (500)")
    made.add_argument("--runs", type=whole(1, 100), default=3, help="how many trials (3)")
    made.add_argument("--hold-seconds", type=number(1, 600), default=20.0, help="how long all are measured (20)")
    given = made.parse_args(arguments)
    try:
        question = SearchSpec(
            users=given.users,
            step_users=given.step_users,
            slo=Slo(p99_ms=given.p99_ms),
            replicas=(),
            via="direct" if given.url else given.via,
        )
    except SpecError as error:
        made.error(str(error))
    return RepeatTrialsOptions(
        question=question,
        limits=Limits(given.cpus, given.memory),
        runs=given.runs,
        hold_seconds=given.hold_seconds,
        url=given.url,
        project=given.project,
        out=given.out.absolute(),
    )


def _parser(kind: str, cpus: float) -> argparse.ArgumentParser:
    """What all of them are told."""
    made = argparse.ArgumentParser(
        prog=f"python -m capacity {kind}",
        description=_DESCRIPTIONS[kind],
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--users", type=whole(1, MOST_USERS), default=10_000, help="how many (10000)")
    made.add_argument("--via", choices=("gateway", "direct"), default="gateway", help="where they go (gateway)")
    made.add_argument("--cpus", type=number(0.01, 64), default=cpus, help=f"the API's quota in cores ({cpus:g})")
    made.add_argument("--memory", type=whole(16, 2**20), default=160, metavar="MIB", help="the API's memory (160)")
    made.add_argument("--p99-ms", type=number(1, 60_000), default=250.0, help="the longest p99 (250)")
    made.add_argument("--url", default="", help="an API without Docker, such as http://127.0.0.1:8000 of make run")
    made.add_argument("--project", default="taller5", help="Compose project of the stack (taller5)")
    made.add_argument("--out", type=Path, default=Path("resultados/capacidad"), metavar="FOLDER", help="results")
    return made
