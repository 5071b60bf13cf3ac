"""`python -m capacity`: the answer on stdout, progress on stderr, and a report."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from docker.errors import DockerException

from capacity.commands.environment import DockerEnvironment, Environment, LocalEnvironment
from capacity.commands.options import Options, parse
from capacity.commands.repeat_trials import FILE, RepeatTrialsOptions, run_series
from capacity.commands.run import CapacityRun, finish
from capacity.commands.soak_stress import SoakStress
from capacity.commands.soak_stress_options import SoakStressOptions, parse_endurance, parse_series
from capacity.errors import CapacityError
from capacity.model.verdict import Holds
from capacity.report.headline import headline, measured
from capacity.report.language import ENGLISH
from capacity.report.writing import write_report
from capacity.trial.log import TrialLogError

NOT_HELD = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Answer; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    kind = words[0] if words and words[0] in ("soak", "stress", "trial") else ""
    # SIGTERM unwinds the program as Ctrl-C does: limits and replicas have to be put back.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        match kind:
            case "soak" | "stress":
                return _endure(kind, parse_endurance(kind, words[1:]))
            case "trial":
                return _repeat(parse_series(words[1:]))
            case _:
                return _answer(parse(words), words)
    except (CapacityError, TrialLogError, DockerException, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n" if kind else "interrupted: the same command goes on from here\n")
        return 130


def _endure(kind: str, options: SoakStressOptions) -> int:
    endurance = SoakStress(_world(options), options, _teller())
    verdict = endurance.soak() if kind == "soak" else endurance.stress()
    sys.stdout.write(f"{verdict.sentence}\n")
    for suffix in ("csv", "json"):
        sys.stdout.write(f"  {os.path.relpath(options.out / f'{kind}.{suffix}')}\n")
    return 0 if verdict.holds else NOT_HELD


def _repeat(options: RepeatTrialsOptions) -> int:
    verdicts = run_series(_world(options), options, _teller())
    held = sum(isinstance(verdict, Holds) for verdict in verdicts)
    sys.stdout.write(f"{held} of {len(verdicts)} hold\n  {os.path.relpath(options.out / FILE)}\n")
    return 0 if held == len(verdicts) else NOT_HELD


def _answer(options: Options, words: Sequence[str]) -> int:
    say = _teller()
    world = _world(options)
    course = CapacityRun(world, options, say).run()
    command = " ".join(["make capacity", *([f'ARGS="{" ".join(words)}"'] if words else [])])
    found = course.report_data(options.questions, world.engine, command)
    files = write_report(found, options.out)
    for question in options.questions:
        finish(options.out, question)
    sys.stdout.write(f"{headline(found, ENGLISH)} {measured(found, ENGLISH)}\n")
    for file in files:
        sys.stdout.write(f"  {os.path.relpath(file)}\n")
    return 0 if all(answer.minimum for answer in course.answers.values()) else NOT_HELD


def _world(options: Options | SoakStressOptions | RepeatTrialsOptions) -> Environment:
    return LocalEnvironment(options.url) if options.url else DockerEnvironment(options.project)


def _teller() -> Callable[[str], None]:
    began = time.monotonic()

    def say(text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began:6.1f} s] {text}\n")
        sys.stderr.flush()

    return say


def _terminated(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
