"""Reads a log twice, first for its columns and then for its rows, and writes the table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from src.service.prediction_export.command_line import PARQUET, ExportOptions
from src.service.prediction_export.errors import ExportError
from src.service.prediction_export.formats import write_csv, write_parquet
from src.service.prediction_export.log_reader import LogReader
from src.service.prediction_export.table import Table

_PROGRESS_BYTES: Final = 64 << 20
_MEGABYTE: Final = 1 << 20


def export(options: ExportOptions, say: Callable[[str], None]) -> None:
    """Write the table.

    Args:
        options: What is exported, and how.
        say: Tells the user something.

    Raises:
        ExportError: When there is no record, or the format cannot be written here.
        OSError: When a file cannot be read or written.
    """
    progress = _Progress(say)
    reader = LogReader(options.folder, options.selection, progress.add)
    if not reader.files:
        raise ExportError(f"{options.folder} has no prediction log: PREDICTION_LOG_PERCENT switches it on")
    progress.total = 2 * reader.size
    table, count = Table.of(reader.records())
    if reader.unreadable:
        say(f"lines left out, cut or no records: {reader.unreadable}")
    if not count:
        raise ExportError(f"{options.folder}: none of the records is wanted")
    write = write_parquet if options.format == PARQUET else write_csv
    with _opened(options.output) as output:
        write(table, reader.records(), output)
    where = options.output or "standard output"
    say(f"{where}: records {count}, columns {len(table.kinds)}, files {reader.files}")


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[bytes]]:
    """The output. A file appears under its name when it is complete."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class _Progress:
    """Tells how much was read, for logs that take a while.

    Attributes:
        total: Bytes to read.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.total = 0
        self._say, self._done, self._next = say, 0, _PROGRESS_BYTES

    def add(self, count: int) -> None:
        self._done += count
        if self._done >= self._next:
            self._next += _PROGRESS_BYTES
            self._say(f"read {self._done // _MEGABYTE} of {self.total // _MEGABYTE} MB")
