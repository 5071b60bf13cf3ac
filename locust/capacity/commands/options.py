"""The options of a capacity search."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from capacity.model.grid import FIRST_CPUS, FIRST_MEMORY_MIB
from capacity.model.slo import Slo
from capacity.model.spec import SearchSpec, SpecError
from capacity.model.timing import Timing

_EPILOG: Final = """\
Needs the Compose stack (docker compose -f docker-compose-api.yml up -d --wait), the load test's image
(docker compose -f docker-compose-load-testing.yml build), and to read the kernel's control groups of its containers,
so it runs on the Linux machine of the Docker engine. Limits and replicas are restored afterwards.

Ctrl-C keeps what was measured: the same command goes on from there.

Users of a gateway that asks for a key send LOCUST_API_KEY of the environment; with TLS they use it, and accept any
certificate.

Soak and stress tests, and single trials: python -m capacity soak --help, stress --help, trial --help.

exit code: 0 found, 1 it could not be measured, 2 wrong option, 3 the users do not hold here, 130 interrupted
"""
MOST_USERS: Final = 18_000
"""A process of the load generator may have 20,000 open files."""
_SLO: Final = Slo()


@dataclass(frozen=True, slots=True)
class Options:
    """The options.

    Attributes:
        specs: One for each route of the users, in order.
        timing: Durations.
        url: An API that runs without Docker; empty for the Compose stack.
        project: Name of the Compose project.
        out: Folder for the report and what was measured.
        largest_users: The most users to try for the largest rate.
        extras: Whether the largest rate and open-loop requests are measured too.
    """

    specs: tuple[SearchSpec, ...]
    timing: Timing
    url: str
    project: str
    out: Path
    largest_users: int
    extras: bool

    def most_users(self, route: str) -> int | None:
        """The largest number of users to try by this route; None when no more than wanted are tried.

        Only the last route tries more, because on every route the load generator is the limit.
        """
        return self.largest_users if self.extras and route == self.specs[-1].via else None

    def has_open_loop(self, route: str) -> bool:
        """Whether open-loop requests are measured by this route."""
        return self.extras and route == "gateway"


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; exits with code 2 and a sentence when something is wrong."""
    parser = argparse.ArgumentParser(
        prog="python -m capacity",
        description="The smallest CPU and memory of the API's container that hold so many users, on the running stack.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--users", type=whole(1, MOST_USERS), default=10_000, help="how many (10000)")
    parser.add_argument("--step-users", type=whole(1, MOST_USERS), default=500, help="more at each step (500)")
    parser.add_argument(
        "--most-users", type=whole(1, MOST_USERS), default=MOST_USERS, help=f"tried for the largest rate ({MOST_USERS})"
    )
    parser.add_argument("--via", choices=("both", "gateway", "direct"), default=None, help="route of the users (both)")
    parser.add_argument(
        "--failures",
        type=whole(0, 10**9),
        default=_SLO.failures,
        help=f"requests that may fail in a step ({_SLO.failures})",
    )
    parser.add_argument(
        "--p99-ms", type=number(1, 60_000), default=_SLO.p99_ms, help=f"the longest p99 ({_SLO.p99_ms:g})"
    )
    parser.add_argument(
        "--achieved-share",
        type=number(0.01, 1),
        default=_SLO.achieved_share,
        help=f"answered part of the rate ({_SLO.achieved_share})",
    )
    parser.add_argument(
        "--memory-share",
        type=number(0.1, 1),
        default=_SLO.memory_share,
        help=f"used part of the memory limit ({_SLO.memory_share})",
    )
    parser.add_argument(
        "--cpus",
        type=_range(float),
        default=(None, 1.0),
        metavar="0.05:1",
        help=f"cores to try ({FIRST_CPUS}:1, and less if {FIRST_CPUS} holds)",
    )
    parser.add_argument(
        "--memory",
        type=_range(int),
        default=(None, 512),
        metavar="32:512",
        help=f"MiB to try ({FIRST_MEMORY_MIB}:512, and less if {FIRST_MEMORY_MIB} holds)",
    )
    parser.add_argument("--replicas", type=_counts, default=None, metavar="2,3,4", help="to compare with one; 0: none")
    parser.add_argument(
        "--confirmations", type=whole(1, 20), default=None, help="times that the result has to hold (3)"
    )
    parser.add_argument("--quick", action="store_true", help="4 minutes: through the gateway only, confirmed once")
    parser.add_argument("--url", default="", help="an API without Docker, such as http://127.0.0.1:8000 of make run")
    parser.add_argument("--project", default="taller5", help="Compose project of the stack (taller5)")
    parser.add_argument(
        "--out", type=Path, default=Path("resultados/capacidad"), metavar="FOLDER", help="resultados/capacidad"
    )
    values = parser.parse_args(arguments)
    if values.url and not values.url.startswith("http://"):
        parser.error(f"{values.url!r} is no address like http://127.0.0.1:8000")
    if values.most_users < values.users:
        parser.error(f"--most-users {values.most_users} is less than --users {values.users}")
    via = "direct" if values.url else values.via or ("gateway" if values.quick else "both")
    replicas = values.replicas if values.replicas is not None else () if values.quick else (2, 3, 4)
    try:
        specs = tuple(
            SearchSpec(
                users=values.users,
                step_users=values.step_users,
                slo=Slo(values.failures, values.p99_ms, values.achieved_share, values.memory_share),
                least_cpus=values.cpus[0],
                most_cpus=values.cpus[1],
                least_memory_mib=values.memory[0],
                most_memory_mib=values.memory[1],
                replicas=replicas if route == "gateway" else (),
                confirmations=values.confirmations or (1 if values.quick else 3),
                via=route,
            )
            for route in ("gateway", "direct")
            if via in (route, "both")
        )
    except SpecError as error:
        parser.error(str(error))
    return Options(
        specs=specs,
        timing=Timing(),
        url=values.url,
        project=values.project,
        out=values.out.absolute(),
        largest_users=values.most_users,
        extras=not values.quick,
    )


def whole(least: int, most: int) -> Callable[[str], int]:
    """A parser of whole numbers."""

    def read(text: str) -> int:
        if not text.isdecimal() or not least <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
        return int(text)

    return read


def number(least: float, most: float) -> Callable[[str], float]:
    """A parser of numbers."""

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
