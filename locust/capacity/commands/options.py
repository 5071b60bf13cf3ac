"""What a capacity question does."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capacity.model.grid import LEAST_CPUS, LEAST_MEMORY_MIB
from capacity.model.slo import Slo
from capacity.model.spec import SearchSpec, SpecError
from capacity.model.timing import Timing

_EPILOG: Final = """\
Needs the Compose stack (docker compose -f docker-compose-api.yml up -d --wait), the load test's image
(docker compose -f docker-compose-load-testing.yml build), and to read the kernel's control groups of its containers,
so it runs on the Linux machine of the Docker engine. Limits and replicas are put back afterwards.

Ctrl-C keeps what was measured: the same command goes on from there.

Durability, overload and single trials: python -m capacity soak --help, stress --help, trial --help.

exit code: 0 answered, 1 it could not be measured, 2 wrong option, 3 these users are not held here, 130 interrupted
"""
MOST_USERS: Final = 18_000
"""A process of the load generator has 20,000 open files."""


@dataclass(frozen=True, slots=True)
class Options:
    """The choices.

    Attributes:
        questions: One for each way that the users go, in order.
        timing: How long things last.
        url: An API that runs without Docker; empty for the Compose stack.
        project: Name of the Compose project.
        out: Folder for the report and what was measured.
        extras: Whether the largest rate and open arrivals are measured too.
    """

    questions: tuple[SearchSpec, ...]
    timing: Timing
    url: str
    project: str
    out: Path
    extras: bool

    def seeks_more_users(self, via: str) -> bool:
        """Whether more users are tried by this way: by the last one only, for it is the generator that ends it."""
        return self.extras and via == self.questions[-1].via

    def has_open_arrivals(self, via: str) -> bool:
        """Whether arrivals that wait for nobody are measured by this way."""
        return self.extras and via == "gateway"


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; exits with code 2 and a sentence when something is wrong."""
    made = argparse.ArgumentParser(
        prog="python -m capacity",
        description="How little CPU and memory of the API's container hold so many users, on the running stack.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--users", type=whole(1, MOST_USERS), default=10_000, help="how many (10000)")
    made.add_argument("--step-users", type=whole(1, MOST_USERS), default=500, help="more at each step (500)")
    made.add_argument("--via", choices=("both", "gateway", "direct"), default=None, help="where users go (both)")
    made.add_argument("--failures", type=whole(0, 10**9), default=0, help="requests that may fail in a step (0)")
    made.add_argument("--p99-ms", type=number(1, 60_000), default=250.0, help="the longest p99 (250)")
    made.add_argument("--achieved-share", type=number(0.01, 1), default=0.95, help="answered part of the rate (0.95)")
    made.add_argument("--memory-share", type=number(0.1, 1), default=0.98, help="filled part of its memory (0.98)")
    made.add_argument("--cpus", type=_range(float), default=(LEAST_CPUS, 1.0), metavar="0.05:1", help="cores to try")
    made.add_argument(
        "--memory", type=_range(int), default=(LEAST_MEMORY_MIB, 512), metavar="32:512", help="MiB to try (32:512)"
    )
    made.add_argument("--replicas", type=_counts, default=None, metavar="2,3,4", help="to compare with one; 0: none")
    made.add_argument("--confirmations", type=whole(1, 20), default=None, help="times that the answer has to hold (3)")
    made.add_argument("--quick", action="store_true", help="4 minutes: the gateway's way only, confirmed once")
    made.add_argument("--url", default="", help="an API without Docker, such as http://127.0.0.1:8000 of make run")
    made.add_argument("--project", default="taller5", help="Compose project of the stack (taller5)")
    made.add_argument(
        "--out", type=Path, default=Path("resultados/capacidad"), metavar="FOLDER", help="resultados/capacidad"
    )
    given = made.parse_args(arguments)
    if given.url and not given.url.startswith("http://"):
        made.error(f"{given.url!r} is no address like http://127.0.0.1:8000")
    via = "direct" if given.url else given.via or ("gateway" if given.quick else "both")
    replicas = given.replicas if given.replicas is not None else () if given.quick else (2, 3, 4)
    try:
        questions = tuple(
            SearchSpec(
                users=given.users,
                step_users=given.step_users,
                slo=Slo(given.failures, given.p99_ms, given.achieved_share, given.memory_share),
                least_cpus=given.cpus[0],
                most_cpus=given.cpus[1],
                least_memory_mib=given.memory[0],
                most_memory_mib=given.memory[1],
                replicas=replicas if way == "gateway" else (),
                confirmations=given.confirmations or (1 if given.quick else 3),
                via=way,
            )
            for way in ("gateway", "direct")
            if via in (way, "both")
        )
    except SpecError as error:
        made.error(str(error))
    return Options(questions, Timing(), given.url, given.project, given.out.absolute(), extras=not given.quick)


def whole(least: int, most: int) -> Callable[[str], int]:
    """Reads a whole number of a command line."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """Reads a number of a command line."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {least:g} to {most:g}")
        return value

    return read


def _range(kind: type[int | float]) -> Callable[[str], tuple[float, float]]:
    def read(text: str) -> tuple[float, float]:
        least, colon, most = text.partition(":")
        try:
            found = kind(least), kind(most)
        except ValueError:
            found = (1, 0)
        if not colon or not 0 < found[0] <= found[1] < math.inf:
            raise argparse.ArgumentTypeError(f"{text!r} is not a range like {'0.05:1' if kind is float else '32:512'}")
        return found

    return read


def _counts(text: str) -> tuple[int, ...]:
    if text == "0":
        return ()
    parts = text.split(",")
    if not all(part.isdecimal() and 1 < int(part) <= 20 for part in parts):  # noqa: PLR2004 - places in the gateway
        raise argparse.ArgumentTypeError(f"{text!r} is no list like 2,3,4, with at most 20 replicas")
    return tuple(dict.fromkeys(int(part) for part in parts))
