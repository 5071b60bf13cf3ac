"""The options of soak and stress tests and of repeated trials."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capacity.commands.options import MOST_USERS, number, whole
from capacity.commands.repeat_trials import RepeatTrialsOptions
from capacity.commands.stress import MAX_RECOVERY_SECONDS
from capacity.model.limits import Limits
from capacity.model.slo import Slo
from capacity.model.spec import SearchSpec, SpecError

_EPILOG: Final = """\
Needs what `python -m capacity` needs. The limits are restored afterwards.

exit code: 0 holds, 1 it could not be measured, 2 wrong option, 3 does not hold, 130 interrupted
"""
_DESCRIPTIONS: Final = {
    "soak": "Soak test: all users for a long time; every half minute has to hold, and memory must not grow.",
    "stress": "Stress test: open-loop requests up to the users' full rate, far more than the API can answer, and back.",
    "trial": "Trials with given limits: the users start step by step, and each trial gets its verdict.",
}

_SLO: Final = Slo()


@dataclass(frozen=True, slots=True)
class SoakStressOptions:
    """The options.

    Attributes:
        users: Number of users; of a stress test, those whose rate is the highest.
        via: Route of the users: `gateway` or `direct`.
        limits: Limits of the replica.
        minutes: Duration of a soak test.
        growth: The most MiB per hour by which memory may grow in a soak test.
        rate_seconds: Duration of the measurement of each rate of a stress test.
        recovery_seconds: How long the recovery from the highest rate is measured in a stress test.
        slo: The service level objective.
        url: An API that runs without Docker; empty for the Compose stack.
        project: Name of the Compose project.
        out: Folder for what was measured.
    """

    users: int
    via: str
    limits: Limits
    minutes: float
    growth: float
    rate_seconds: float
    recovery_seconds: float
    slo: Slo
    url: str
    project: str
    out: Path


def parse_soak_stress(kind: str, arguments: Sequence[str]) -> SoakStressOptions:
    """Read the command line of `soak` or `stress`; exits with code 2 and a sentence when something is wrong."""
    soak = kind == "soak"
    parser = _parser(kind, 0.15 if soak else 0.05)
    if soak:
        parser.add_argument("--minutes", type=number(0.1, 24 * 60), default=10.0, help="how long (10)")
        parser.add_argument(
            "--growth", type=number(0, 10_000), default=10.0, help="MiB per hour by which memory may grow (10)"
        )
    else:
        parser.add_argument(
            "--rate-seconds", type=number(1, 600), default=8.0, help="how long each rate is measured (8)"
        )
        parser.add_argument(
            "--recovery-seconds",
            type=number(MAX_RECOVERY_SECONDS, 600),
            default=30.0,
            help="how long the recovery is measured (30)",
        )
    values = parser.parse_args(arguments)
    return SoakStressOptions(
        users=values.users,
        via="direct" if values.url else values.via,
        limits=Limits(values.cpus, values.memory),
        minutes=values.minutes if soak else 0,
        growth=values.growth if soak else 0,
        rate_seconds=0 if soak else values.rate_seconds,
        recovery_seconds=0 if soak else values.recovery_seconds,
        slo=Slo(p99_ms=values.p99_ms),
        url=values.url,
        project=values.project,
        out=values.out.absolute(),
    )


def parse_trial(arguments: Sequence[str]) -> RepeatTrialsOptions:
    """Read the command line of `trial`; exits with code 2 and a sentence when something is wrong."""
    parser = _parser("trial", 0.15)
    parser.add_argument("--step-users", type=whole(1, MOST_USERS), default=500, help="more at each step (500)")
    parser.add_argument("--runs", type=whole(1, 100), default=3, help="how many trials (3)")
    parser.add_argument("--hold-seconds", type=number(1, 600), default=20.0, help="how long all are measured (20)")
    values = parser.parse_args(arguments)
    try:
        spec = SearchSpec(
            users=values.users,
            step_users=values.step_users,
            slo=Slo(p99_ms=values.p99_ms),
            replicas=(),
            via="direct" if values.url else values.via,
        )
    except SpecError as error:
        parser.error(str(error))
    return RepeatTrialsOptions(
        spec=spec,
        limits=Limits(values.cpus, values.memory),
        runs=values.runs,
        hold_seconds=values.hold_seconds,
        url=values.url,
        project=values.project,
        out=values.out.absolute(),
    )


def _parser(kind: str, cpus: float) -> argparse.ArgumentParser:
    """The options that all of them have."""
    parser = argparse.ArgumentParser(
        prog=f"python -m capacity {kind}",
        description=_DESCRIPTIONS[kind],
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--users", type=whole(1, MOST_USERS), default=10_000, help="how many (10000)")
    parser.add_argument("--via", choices=("gateway", "direct"), default="gateway", help="route of the users (gateway)")
    parser.add_argument("--cpus", type=number(0.01, 64), default=cpus, help=f"the API's quota in cores ({cpus:g})")
    parser.add_argument("--memory", type=whole(16, 2**20), default=160, metavar="MIB", help="the API's memory (160)")
    parser.add_argument(
        "--p99-ms", type=number(1, 60_000), default=_SLO.p99_ms, help=f"the longest p99 ({_SLO.p99_ms:g})"
    )
    parser.add_argument("--url", default="", help="an API without Docker, such as http://127.0.0.1:8000 of make run")
    parser.add_argument("--project", default="taller5", help="Compose project of the stack (taller5)")
    parser.add_argument("--out", type=Path, default=Path("resultados/capacidad"), metavar="FOLDER", help="results")
    return parser
