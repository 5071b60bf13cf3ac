"""Reads the records of all files of a log, while a service may be writing them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from src.service.prediction_log.file_names import is_log_file

Record = dict[str, Any]
"""A record as it was written."""

_TEXTS: Final = ("time", "request_id", "model", "model_version")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which records are wanted.

    Attributes:
        since: The first moment; None for all.
        until: The first moment that is not wanted any more; None for all.
        versions: The model versions; empty for all.
    """

    since: datetime | None = None
    until: datetime | None = None
    versions: Collection[str] = ()

    def takes(self, record: Record) -> bool:
        """Whether a record is wanted."""
        if self.versions and record["model_version"] not in self.versions:
            return False
        if self.since is None and self.until is None:
            return True
        moment = datetime.fromisoformat(record["time"])
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)


class LogReader:
    """The records that are there at the start, which may be read several times.

    Attributes:
        files: Number of files.
        size: Bytes of all of them.
        unreadable: Lines that the first reading left out: cut by a crash or a full disk, or written by others.
    """

    def __init__(
        self, folder: Path, selection: Selection, progress: Callable[[int], None] = lambda _bytes: None
    ) -> None:
        """List the files.

        Args:
            folder: The log's folder.
            selection: Which records are wanted.
            progress: Gets the number of bytes of each line that was read.

        Raises:
            OSError: When the folder cannot be read.
        """
        # A service may append meanwhile: each reading ends where the file ended now.
        self._files = sorted((path, path.stat().st_size) for path in folder.iterdir() if is_log_file(path.name))
        self._selection, self._progress = selection, progress
        self.files, self.size = len(self._files), sum(size for _path, size in self._files)
        self.unreadable = 0

    def records(self) -> Iterator[Record]:
        """The wanted records, file by file, in the order in which they were written.

        Raises:
            OSError: When a file cannot be read, such as one that the service removed meanwhile.
        """
        self.unreadable = 0
        for path, size in self._files:
            left = size
            with path.open("rb") as file:
                while left > 0 and (line := file.readline(left)):
                    left -= len(line)
                    self._progress(len(line))
                    record = _record(line)
                    if record is None:
                        self.unreadable += 1
                    elif self._selection.takes(record):
                        yield record


def moment_of(text: str) -> datetime:
    """A moment of the command line: ISO 8601, in UTC where it has no offset.

    Raises:
        ValueError: When it is none.
    """
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _record(line: bytes) -> Record | None:
    if not line.endswith(b"\n"):
        return None
    try:
        record = json.loads(line)
        datetime.fromisoformat(record["time"])
    except (ValueError, TypeError, KeyError):
        return None
    if not isinstance(record, dict) or not all(isinstance(record.get(name), str) for name in _TEXTS):
        return None
    whole = isinstance(record.get("inputs"), dict) and isinstance(record.get("row"), int) and "prediction" in record
    return record if whole and isinstance(record.get("probabilities", {}), dict) else None
