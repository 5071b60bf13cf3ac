"""Checks before a run that the files of its reports can be written.

Locust itself opens the HTML and JSON reports only when the run is over, ten minutes or more after its start.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CSV_ENDINGS = ("_stats.csv", "_failures.csv", "_exceptions.csv")
_CSV_HISTORY_ENDING = "_stats_history.csv"


def listen(events: Any) -> None:
    """End the process with a message, before the run starts, when a report cannot be written.

    Args:
        events: Locust's events.
    """
    # Locust fires this event when its options are known and before it opens the first of these files.
    events.init_command_line_parser.add_listener(_check)


def _check(parser: Any, **_: object) -> None:
    options, _ = parser.parse_known_args(sys.argv[1:])
    if (problem := refusal(options)) is not None:
        sys.exit(f"locust: {problem}")


def refusal(options: Any) -> str | None:
    """Why a report that the options ask for cannot be written; None when all can.

    Args:
        options: Locust's options, from the command line, the environment or a configuration file.
    """
    for option, path in _paths(options):
        if problem := _problem(path):
            return (
                f"{option}: {problem}. In a container, mount a folder of yours with `-v` and run as its owner: "
                '`run --rm --user "$(id -u):$(id -g)" -v "$PWD/resultados:/resultados" locust ...`'
            )
    return None


def _paths(options: Any) -> Iterator[tuple[str, Path]]:
    if options.logfile:
        yield "--logfile", Path(options.logfile)
    # A worker, also one of `--processes`, sends its figures to the master, which writes them.
    if options.worker:
        return
    if options.csv_prefix:
        endings = (*_CSV_ENDINGS, _CSV_HISTORY_ENDING) if options.stats_history_enabled else _CSV_ENDINGS
        for ending in endings:
            yield "--csv", Path(options.csv_prefix + ending)
    if options.html_file:
        yield "--html", Path(options.html_file)
    if options.json_file:
        yield "--json-file", Path(f"{options.json_file}.json")


def _problem(path: Path) -> str | None:
    """Why a file cannot be written; the check leaves no file behind."""
    try:
        if path.is_dir():
            return f"{path} is a folder"
        if path.is_file():
            path.open("ab").close()
            return None
        # Locust makes the folders that are missing.
        path = next(parent for parent in path.absolute().parents if parent.exists())
        with tempfile.TemporaryFile(dir=path):
            return None
    except OSError as error:
        return f"{path} cannot be written by user {os.geteuid()} ({error.strerror})"
