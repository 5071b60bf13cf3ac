"""The command line of a benchmark run."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.place import HOME, ROOT
from benchmarks.prepared import MODELS
from benchmarks.schedule import Load
from benchmarks.servers import BEST_PEER, SERVERS

_EPILOG = """\
Each server runs alone on one core, wrk on another; servers take turns of some seconds, round after round, and are
stopped (SIGSTOP) while others are measured. Needs wrk. The peers' environments are made once below .bench/.

exit code: 0 measured, 1 failed or nothing could be measured, 2 nothing was started (wrong option, no wrk)
"""
_MOST_CONNECTIONS = 4096
_MOST_SECONDS = 60
_MOST_REPEATS = 20


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one run.

    Attributes:
        servers: Names of SERVERS.
        models: Names of MODELS.
        loads: Kinds of load.
        seconds: Length of one measurement.
        repeats: Number of rounds.
        results: File for the measurements.
        report: The page to write; None to print tables only.
        render_only: Write the page from existing results.
    """

    servers: tuple[str, ...]
    models: tuple[str, ...]
    loads: tuple[Load, ...]
    seconds: int
    repeats: int
    results: Path
    report: Path | None
    render_only: bool


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Parse the command line; exits with code 2 and a message when an option is invalid."""
    given = _parser().parse_args(arguments)
    if given.quick:
        return Options(
            servers=("lane", "route", BEST_PEER, "httptools", "asgi"),
            models=("linear",),
            loads=(Load("single", 64),),
            seconds=3,
            repeats=3,
            results=HOME / "quick.json",
            report=None,
            render_only=False,
        )
    single = [Load("single", connections) for connections in given.connections]
    batch = [Load("batch", connections) for connections in given.batch_connections]
    return Options(
        servers=given.servers,
        models=given.models,
        loads=(*single, *batch),
        seconds=given.seconds,
        repeats=given.repeats,
        results=given.results.absolute(),
        report=given.report.absolute(),
        render_only=given.render_only,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure this API beside other model servers and beside what Python can do at all.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--quick", action="store_true", help="this API, the limits and the best peer in two minutes")
    parser.add_argument(
        "--servers", type=_names(SERVERS), default=tuple(SERVERS), metavar="A,B", help=f"{_list(SERVERS)} (all)"
    )
    parser.add_argument(
        "--models", type=_names(MODELS), default=tuple(MODELS), metavar="A,B", help=f"{_list(MODELS)} (all)"
    )
    many = _numbers(_MOST_CONNECTIONS)
    parser.add_argument(
        "--connections", type=many, default=(1, 64, 512), metavar="N,M", help="for single rows (1,64,512)"
    )
    parser.add_argument(
        "--batch-connections",
        type=many,
        default=(64,),
        metavar="N,M",
        help="for batches of 100 rows (64; 0: no batches)",
    )
    parser.add_argument("--seconds", type=_number(_MOST_SECONDS), default=3, help="length of one measurement (3)")
    parser.add_argument("--repeats", type=_number(_MOST_REPEATS), default=3, help="rounds (3)")
    docs = ROOT / "docs"
    parser.add_argument(
        "--results", type=Path, default=docs / "performance.json", metavar="FILE", help="the measurements"
    )
    parser.add_argument(
        "--report", type=Path, default=docs / "performance.md", metavar="FILE", help="the page to write"
    )
    parser.add_argument("--render-only", action="store_true", help="write the page from --results, measure nothing")
    return parser


def _list(names: Iterable[str]) -> str:
    return f"from {','.join(names)}"


def _names(known: Iterable[str]) -> Callable[[str], tuple[str, ...]]:
    def read(text: str) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(filter(None, text.split(","))))
        unknown = [name for name in names if name not in set(known)]
        if unknown or not names:
            raise argparse.ArgumentTypeError(f"{','.join(unknown) or repr(text)} is not {_list(known)}")
        return names

    return read


def _number(most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isdecimal() or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {most}")
        return int(text)

    return read


def _numbers(most: int) -> Callable[[str], tuple[int, ...]]:
    def read(text: str) -> tuple[int, ...]:
        return () if text == "0" else tuple(dict.fromkeys(map(_number(most), text.split(","))))

    return read
