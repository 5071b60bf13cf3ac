"""The journal: results kept as they come, so that a search that was interrupted asks nothing twice."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Self

from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialResult, TrialSpec

_BEGIN: Final = b'{"question": '


class TrialLogError(Exception):
    """The file is no journal of this question, or another search writes it."""


class TrialLog:
    """A file whose first line is the question and every other one a trial.

    A search that is played again asks in the same order, so the trials of an ask are handed out one after the other.
    """

    def __init__(self, file: BinaryIO, results: list[TrialResult]) -> None:
        """Continue a file after these results; use `open`."""
        self._file = file
        self._left: defaultdict[TrialSpec, deque[TrialResult]] = defaultdict(deque)
        for result in results:
            self._left[result.spec].append(result)

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path, question: SearchSpec) -> Iterator[Self]:
        """Begin a journal, or go on with one.

        Raises:
            JournalError: When it belongs to another question, is damaged, or is being written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise TrialLogError(f"{path}: another search writes it now") from None
            file.seek(0)
            written = file.read()
            whole = written[: written.rfind(b"\n") + 1]
            results: list[TrialResult] = []
            if whole or not written.startswith(_BEGIN[: len(written)]):
                first, *lines = (whole or written).splitlines()
                _require_same(path, question, first)
                results = [_result(path, number, line) for number, line in enumerate(lines, start=2)]
            # A line that a crash cut short is no result; the next one must not be glued to it.
            file.truncate(len(whole))
            if not whole:
                _write(file, {"question": question.to_json()})
                _keep_name(path)
            yield cls(file, results)

    def recorded(self, ask: TrialSpec) -> TrialResult | None:
        """The next trial of the file that answers this, handed out once; None when it has to be made."""
        left = self._left[ask]
        return left.popleft() if left else None

    def keep(self, result: TrialResult) -> None:
        """Write a trial; it survives a crash from here on."""
        _write(self._file, result.to_json())


def _write(file: BinaryIO, data: object) -> None:
    file.write(json.dumps(data, allow_nan=False).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _keep_name(path: Path) -> None:
    """A new file survives a crash only when its folder was written too."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _require_same(path: Path, question: SearchSpec, line: bytes) -> None:
    try:
        other = SearchSpec.from_json(json.loads(line)["question"])
    except (ValueError, KeyError, TypeError):
        raise TrialLogError(f"{path}: its first line is no capacity question of this version: move it away") from None
    if other != question:
        raise TrialLogError(
            f"{path} answers another question ({'; '.join(question.differences(other))}): "
            "move it away, or ask the same again"
        )


def _result(path: Path, number: int, line: bytes) -> TrialResult:
    try:
        return TrialResult.from_json(json.loads(line))
    except (ValueError, KeyError, TypeError):
        raise TrialLogError(f"{path}: line {number} is no trial of this version: move the file away") from None
