"""The command line of the export: the only place where its environment is read."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from src.service.prediction_export.log_reader import Selection, moment_of

CSV: Final = "csv"
PARQUET: Final = "parquet"
STANDARD_OUTPUT: Final = "-"
_EPILOG: Final = """\
One row for each record of the log, with these columns:
  time            when the request was answered, UTC
  request_id      X-Request-ID of the response; with row it names the record, unless clients repeat their ids
  row             place of the row in its request, from 0
  model, model_version
  one column for each input of the model, with its name
  prediction      several outputs are JSON, such as [1.5,2.0]
  probability_C   for each class C, where the request asked for probabilities

An input that has the name of another column keeps it, and that column becomes record_NAME. Versions with other inputs
have them beside each other, empty where a version did not have them; --model-version chooses. In Parquet, columns are
boolean, int64, double or text, and time is a timestamp; datetimes of the model are ISO 8601 texts. In CSV, a missing
value and an empty text are both empty.

Progress goes to stderr. Lines that a crash or a full disk has cut are left out, and their number is told.

Exit code: 0 when a table was written; 1 when there is no record, or a file cannot be read or written; 2 for an option.

Environment: PREDICTION_LOG_DIR is the default of --folder.
"""


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """What is exported, and how.

    Attributes:
        folder: The log's folder.
        output: The file; None for the standard output.
        format: `csv` or `parquet`.
        selection: Which records.
    """

    folder: Path
    output: Path | None
    format: str
    selection: Selection


def parse(arguments: Sequence[str] | None, environment: Mapping[str, str]) -> ExportOptions:
    """Parse the command line; exits with code 2 and a message when the options are invalid."""
    parser = argparse.ArgumentParser(
        prog="prediction_export",
        description="Write the prediction log as one CSV or Parquet file.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path(environment.get("PREDICTION_LOG_DIR") or "/var/log/inference"),
        help="the log's folder (default: PREDICTION_LOG_DIR, now %(default)s)",
    )
    parser.add_argument(
        "--output",
        default=STANDARD_OUTPUT,
        metavar="FILE",
        help="NAME.csv or NAME.parquet (default: the standard output)",
    )
    parser.add_argument(
        "--format", choices=(CSV, PARQUET), help="default: by the end of the file's name; csv for the standard output"
    )
    parser.add_argument("--since", type=_moment, metavar="TIME", help="from this time on: 2026-11-01, 2026-11-01T08:30")
    parser.add_argument("--until", type=_moment, metavar="TIME", help="before this time")
    parser.add_argument(
        "--model-version", action="append", default=[], metavar="VERSION", help="this version only (may be repeated)"
    )
    given = parser.parse_args(arguments)
    output = None if given.output == STANDARD_OUTPUT else Path(given.output)
    by_name = CSV if output is None else output.suffix.removeprefix(".").lower()
    chosen = given.format or by_name
    if chosen not in {CSV, PARQUET}:
        parser.error("--output must end in .csv or .parquet, or --format must say which it is")
    selection = Selection(given.since, given.until, frozenset(given.model_version))
    return ExportOptions(given.folder, output, chosen, selection)


def _moment(text: str) -> datetime:
    try:
        return moment_of(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date or time in ISO 8601, such as 2026-11-01") from None
