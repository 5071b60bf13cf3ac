"""`python -m benchmarks.users`: one Markdown row on stdout for each run, and one line of JSON in a file."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence

from benchmarks.console import say
from benchmarks.errors import BenchmarkError
from benchmarks.interrupt import end_in_order
from benchmarks.tables import markdown
from benchmarks.users.docker import of_service
from benchmarks.users.options import Options, parse
from benchmarks.users.run import HEAD
from benchmarks.users.trial import Stack, trial

_FULL_CORE = 0.95


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the series; returns the exit code."""
    options = parse(arguments)
    end_in_order()
    try:
        _series(options)
    except BenchmarkError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted\n")
        return 130
    return 0


def _series(options: Options) -> None:
    [gateway, *_] = of_service(options.project, "gateway")
    stack = Stack(of_service(options.project, "fastapi-app"), gateway)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    try:
        for number in range(options.runs):
            say(f"run {number + 1} of {options.runs}: {options.cpus:g} CPU, {options.memory >> 20} MiB, {options.via}")
            run = trial(stack, options.staircase, options.via, options.cpus, options.memory)
            with options.out.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run.as_json()) + "\n")
            table = markdown(HEAD, [run.cells()])
            sys.stdout.write(table if number == 0 else table.splitlines(keepends=True)[-1])
            sys.stdout.flush()
            if run.locust_cores > _FULL_CORE:
                say("warning: Locust used a whole core: its queue is in these latencies, they are not the API's")
    finally:
        for api in stack.apis:
            api.limit(api.cpus, api.memory, api.swap)


if __name__ == "__main__":
    sys.exit(main())
