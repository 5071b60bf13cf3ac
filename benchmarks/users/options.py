"""What a series of runs does."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.place import ROOT
from benchmarks.users.crowd import SPAWNS_A_SECOND, Staircase

_EPILOG = """\
Needs the Compose stack (docker compose -f docker-compose-api.yml up -d), the image taller5/locust:local
(docker compose -f docker-compose-load-testing.yml build), and to read the kernel's control groups of its containers.
The API's own limits are put back afterwards.

exit code: 0 measured, 1 failed or a container died, 2 wrong option
"""
_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}
_MOST_USERS = 20_000
_MOST_RUNS = 20
_MOST_SECONDS = 600
_LEAST_HOLD_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Options:
    """The choices.

    Attributes:
        cpus: The API container's quota in cores.
        memory: Its limit in bytes.
        runs: How many.
        via: `gateway` or `direct`.
        staircase: How the users come and how long they stay.
        project: Name of the Compose project.
        out: File that gets one line of JSON for each run.
    """

    cpus: float
    memory: int
    runs: int
    via: str
    staircase: Staircase
    project: str
    out: Path


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; exits with code 2 and a sentence when something is wrong."""
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.users",
        description="Ten thousand users against the running Compose stack, its API held to a CPU quota.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--cpus", type=_number(0.01, 64), default=0.15, help="the API's quota in cores (0.15)")
    made.add_argument("--memory", type=_bytes, default=160 * 2**20, metavar="160M", help="the API's memory (160M)")
    made.add_argument("--runs", type=_whole(_MOST_RUNS), default=3, help="how many (3)")
    made.add_argument("--via", choices=("gateway", "direct"), default="gateway", help="where users go (gateway)")
    made.add_argument("--users", type=_whole(_MOST_USERS), default=10_000, help="how many in the end (10000)")
    made.add_argument("--step-users", type=_whole(_MOST_USERS), default=500, help="more at each step (500)")
    made.add_argument("--step-seconds", type=_number(1, _MOST_SECONDS), default=5.0, help="length of a step (5)")
    made.add_argument(
        "--hold-seconds",
        type=_whole(_MOST_SECONDS, least=_LEAST_HOLD_SECONDS),
        default=30,
        help="how long all stay (30)",
    )
    made.add_argument("--project", default="taller5", help="Compose project of the stack (taller5)")
    out = ROOT / "docs" / "performance.users.jsonl"
    made.add_argument("--out", type=Path, default=out, metavar="FILE", help="gets one line of JSON for each run")
    given = made.parse_args(arguments)
    if given.step_users > SPAWNS_A_SECOND * given.step_seconds:
        made.error(
            f"one Locust process starts {SPAWNS_A_SECOND} users a second: for steps of {given.step_users} users "
            f"use --step-seconds {math.ceil(given.step_users / SPAWNS_A_SECOND)}"
        )
    staircase = Staircase(given.users, given.step_users, given.step_seconds, given.hold_seconds)
    return Options(given.cpus, given.memory, given.runs, given.via, staircase, given.project, given.out.absolute())


def _whole(most: int, least: int = 1) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def _number(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g}")
        return value

    return read


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+)([bkmg]?)", text.lower())
    if not found or int(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size like 160M")
    return int(found[1]) * _UNITS[found[2]]
