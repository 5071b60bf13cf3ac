"""`python -m benchmarks`: measure, save, and write the page."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence

from benchmarks.console import say
from benchmarks.errors import BenchmarkError
from benchmarks.interrupt import end_in_order
from benchmarks.options import parse
from benchmarks.page import write_page
from benchmarks.results import Results
from benchmarks.round_robin import run
from benchmarks.tables import terminal_table


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; returns the exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = parse(words)
    end_in_order()
    try:
        if options.render_only:
            results = Results.read(options.results)
        else:
            results = run(options, shlex.join(["python", "-m", "benchmarks", *words]))
            results.write(options.results)
        sys.stdout.write(terminal_table(results))
        if options.report is not None:
            for path in write_page(results, options.report):
                say(f"wrote {path.name}")
    except BenchmarkError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("interrupted: nothing was saved\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
