"""The log of trials: each is written when it ends, so that an interrupted search does not repeat it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections import defaultdict, deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, Self

from capacity.errors import CapacityError
from capacity.model.spec import SearchSpec
from capacity.model.trial import TrialResult, TrialSpec

_BEGIN: Final = b'{"question": '


class TrialLogError(CapacityError):
    """The file is no log of this search, or another search writes it."""


class TrialLog:
    """A file whose first line is the specification of the search, and every other line a trial.

    A search that is repeated requests its trials in the same order, so those with equal specifications are returned
    one after the other.
    """

    def __init__(self, file: BinaryIO, results: list[TrialResult]) -> None:
        """Continue a file that has these results; use `open`."""
        self._file = file
        self._left: defaultdict[TrialSpec, deque[TrialResult]] = defaultdict(deque)
        for result in results:
            self._left[result.spec].append(result)

    @classmethod
    @contextlib.contextmanager
    def open(cls, path: Path, spec: SearchSpec) -> Iterator[Self]:
        """Create a log, or continue one.

        Raises:
            TrialLogError: When it belongs to another search, is damaged, or is being written.
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
                _require_same(path, spec, first)
                results = [_result(path, number, line) for number, line in enumerate(lines, start=2)]
            # A line that a crash cut short is no result, and the next line must not continue it.
            file.truncate(len(whole))
            if not whole:
                _write(file, {"question": spec.to_json()})
                _sync_folder(path)
            yield cls(file, results)

    def take(self, trial: TrialSpec) -> TrialResult | None:
        """The next trial of the file with this specification, each once; None when it has to be made."""
        left = self._left[trial]
        return left.popleft() if left else None

    def append(self, result: TrialResult) -> None:
        """Write a trial to the disk."""
        _write(self._file, result.to_json())


def _write(file: BinaryIO, data: object) -> None:
    file.write(json.dumps(data, allow_nan=False).encode() + b"\n")
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """The name of a new file survives a crash only when its folder is synchronised as well, see fsync(2)."""
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _require_same(path: Path, spec: SearchSpec, line: bytes) -> None:
    try:
        other = SearchSpec.from_json(json.loads(line)["question"])
    except (ValueError, KeyError, TypeError):
        raise TrialLogError(f"{path}: its first line is no capacity search of this version: move it away") from None
    if other != spec:
        raise TrialLogError(
            f"{path} belongs to another search ({'; '.join(spec.differences(other))}): "
            "move it away, or repeat the same command"
        )


def _result(path: Path, number: int, line: bytes) -> TrialResult:
    try:
        return TrialResult.from_json(json.loads(line))
    except (ValueError, KeyError, TypeError):
        raise TrialLogError(f"{path}: line {number} is no trial of this version: move the file away") from None
