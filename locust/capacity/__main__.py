"""`python -m capacity`: the result on stdout, progress on stderr, and a report."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Sequence
from typing import NoReturn

from docker.errors import DockerException

from capacity.commands.environment import DockerEnvironment, Environment, LocalEnvironment
from capacity.commands.options import Options, parse
from capacity.commands.repeat_trials import FILE, RepeatTrialsOptions, repeat_trials
from capacity.commands.run import CapacityRun, finish
from capacity.commands.soak_stress import SoakStress
from capacity.commands.soak_stress_options import SoakStressOptions, parse_soak_stress, parse_trial
from capacity.errors import CapacityError
from capacity.model.verdict import Holds
from capacity.report.headline import headline, measured
from capacity.report.language import ENGLISH
from capacity.report.writing import write_report
from capacity.search.progress import ProgressCallback

DOES_NOT_HOLD = 3
"""Exit code."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    kind = words[0] if words and words[0] in ("soak", "stress", "trial") else ""
    # SIGTERM ends the program by an exception, as Ctrl-C does, so that limits and replicas are restored.
    signal.signal(signal.SIGTERM, _terminated)
    try:
        match kind:
            case "soak" | "stress":
                return _soak_stress(kind, parse_soak_stress(kind, words[1:]))
            case "trial":
                return _repeat(parse_trial(words[1:]))
            case _:
                return _search(parse(words), words)
    except (CapacityError, DockerException, OSError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n" if kind else "interrupted: the same command continues from here\n")
        return 130


def _soak_stress(kind: str, options: SoakStressOptions) -> int:
    test = SoakStress(_environment(options), options, _progress_callback())
    verdict = test.soak() if kind == "soak" else test.stress()
    sys.stdout.write(f"{verdict.sentence}\n")
    for suffix in ("csv", "json"):
        sys.stdout.write(f"  {os.path.relpath(options.out / f'{kind}.{suffix}')}\n")
    return 0 if verdict.holds else DOES_NOT_HOLD


def _repeat(options: RepeatTrialsOptions) -> int:
    verdicts = repeat_trials(_environment(options), options, _progress_callback())
    held = sum(isinstance(verdict, Holds) for verdict in verdicts)
    sys.stdout.write(f"{held} of {len(verdicts)} hold\n  {os.path.relpath(options.out / FILE)}\n")
    return 0 if held == len(verdicts) else DOES_NOT_HOLD


def _search(options: Options, words: Sequence[str]) -> int:
    callback = _progress_callback()
    environment = _environment(options)
    state = CapacityRun(environment, options, callback).run()
    command = " ".join(["make capacity", *([f'ARGS="{" ".join(words)}"'] if words else [])])
    data = state.report_data(options.specs, environment.engine, command)
    files = write_report(data, options.out)
    for spec in options.specs:
        finish(options.out, spec)
    sys.stdout.write(f"{headline(data, ENGLISH)} {measured(data, ENGLISH)}\n")
    for file in files:
        sys.stdout.write(f"  {os.path.relpath(file)}\n")
    return 0 if all(result.minimum for result in state.results.values()) else DOES_NOT_HOLD


def _environment(options: Options | SoakStressOptions | RepeatTrialsOptions) -> Environment:
    return LocalEnvironment(options.url) if options.url else DockerEnvironment(options.project)


def _progress_callback() -> ProgressCallback:
    began = time.monotonic()

    def callback(text: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began:6.1f} s] {text}\n")
        sys.stderr.flush()

    return callback


def _terminated(number: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
