"""The folder of the log: one file at a time is written, and the oldest ones are removed.

The current file has its final name and is readable at any time: after a crash nothing has to be renamed or repaired,
and a last line without its end is the only damage that there can be. A file is closed when it is full or an hour old:
one that has not changed for longer is complete and can be collected.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from src.service.prediction_log.file_names import file_name, is_log_file

logger = logging.getLogger(__name__)

FILE_SECONDS: Final = 3600.0
"""Age at which a file is closed, and time between two searches for files that are too old."""
DISK_FULL: Final = "disk_full"
NOT_WRITABLE: Final = "not_writable"
WRITE_FAILED: Final = "write_failed"
# The file mode lets the group read: in the container that is root's group, whose users may be any.
_FILE_MODE: Final = 0o640
_FOLDER_MODE: Final = 0o750
_REASONS: Final = {
    errno.ENOSPC: DISK_FULL,
    errno.EDQUOT: DISK_FULL,
    errno.EFBIG: DISK_FULL,
    errno.EROFS: NOT_WRITABLE,
    errno.EACCES: NOT_WRITABLE,
    errno.EPERM: NOT_WRITABLE,
    errno.ENOENT: NOT_WRITABLE,
    errno.ENOTDIR: NOT_WRITABLE,
    errno.EEXIST: NOT_WRITABLE,
}


class LogLimits(NamedTuple):
    """How much is kept.

    Attributes:
        file_bytes: Size at which a file is closed.
        total_bytes: Size of all files of the folder from which on the oldest are removed.
        seconds: Age of a file's last record at which the file is removed.
    """

    file_bytes: int
    total_bytes: int
    seconds: float


class _OpenFile(NamedTuple):
    path: Path
    descriptor: int
    opened_at: float


class LogFolder:
    """Writes into a folder that other processes may write into as well. It belongs to one thread.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path, limits: LogLimits, clock: Callable[[], float] = time.time) -> None:
        """Touch nothing yet.

        Args:
            path: The folder, which is made when it is missing.
            limits: How much is kept.
            clock: Seconds since 1970.
        """
        self.path = path
        self._limits, self._clock = limits, clock
        self._started = datetime.fromtimestamp(clock(), UTC)
        self._number = 0
        self._file: _OpenFile | None = None
        self._searched_at = 0.0
        self._write_problem: str | None = None
        self._removal_problem: str | None = None

    @property
    def problem(self) -> str | None:
        """Why nothing can be written, or nothing can be removed; None when both can be done."""
        return self._write_problem or self._removal_problem

    def write(self, lines: bytes) -> str | None:
        """Append whole lines with one call.

        Returns:
            None, or the reason why nothing of them is in a file.
        """
        try:
            self._append(lines)
        except OSError as error:
            self._note_write_problem(f"{self.path}: {error.strerror}")
            return _REASONS.get(error.errno or 0, WRITE_FAILED)
        if self._write_problem is not None:
            logger.info("the prediction log is written again", extra={"folder": str(self.path)})
            self._write_problem = None
        return None

    def maintain(self) -> None:
        """Close a file that is old, and remove the files that are too old, if it is time."""
        now = self._clock()
        if self._file is not None and not 0 <= now - self._file.opened_at < FILE_SECONDS:
            self._close_file()
        if not 0 <= now - self._searched_at < FILE_SECONDS:
            self._remove_oldest(0)

    def seconds_to_maintenance(self) -> float:
        """Seconds until `maintain` has something to do."""
        due = [self._searched_at] if self._file is None else [self._searched_at, self._file.opened_at]
        return min(max(min(due) + FILE_SECONDS - self._clock(), 1.0), FILE_SECONDS)

    def close(self) -> None:
        """Close the current file."""
        self._close_file()

    def _append(self, lines: bytes) -> None:
        file = self._usable_file(len(lines))
        before = os.fstat(file.descriptor).st_size
        try:
            written = 0
            while written < len(lines):  # a full disk may take a part
                written += os.write(file.descriptor, memoryview(lines)[written:])
        except OSError:
            with suppress(OSError):  # of the same cause; the reader leaves out a line that is cut
                os.ftruncate(file.descriptor, before)
                if not before:
                    file.path.unlink()
            self._close_file()
            raise

    def _usable_file(self, size: int) -> _OpenFile:
        """The current file when these bytes may go into it, else a new one."""
        if self._file is not None:
            status = os.fstat(self._file.descriptor)
            # Without a link somebody has removed it; what is written there would be lost.
            if status.st_nlink and (not status.st_size or status.st_size + size <= self._limits.file_bytes):
                return self._file
            self._close_file()
        self.path.mkdir(_FOLDER_MODE, parents=True, exist_ok=True)
        self._remove_oldest(self._limits.file_bytes)
        self._file = self._new_file()
        return self._file

    def _new_file(self) -> _OpenFile:
        while True:
            self._number += 1
            path = self.path / file_name(socket.gethostname(), self._started, self._number)
            try:
                descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, _FILE_MODE)
            except FileExistsError:  # of another process of this host that started within the same second
                continue
            # The lock tells other processes that the file is in use. It ends with the process.
            with suppress(OSError):  # a file system without locks
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return _OpenFile(path, descriptor, self._clock())

    def _close_file(self) -> None:
        if self._file is not None:
            file, self._file = self._file, None
            with suppress(OSError):  # some file systems report an earlier write only now; it cannot be repeated
                os.close(file.descriptor)

    def _remove_oldest(self, wanted: int) -> None:
        """Remove the files that are too old, then the oldest until the rest and these bytes are within the limit."""
        now = self._searched_at = self._clock()
        problem = None
        try:
            found = sorted(self._files())
        except OSError as error:
            found, problem = [], f"{self.path}: {error.strerror}"
        total = wanted + sum(size for _changed, size, _path in found)
        for changed, size, path in found:
            if total <= self._limits.total_bytes and now - changed < self._limits.seconds:
                break
            try:
                if _remove_unused(path):
                    total -= size
            except OSError as error:
                problem = f"{path}: cannot be removed: {error.strerror}"
        if problem is not None and self._removal_problem is None:
            logger.warning("old files of the prediction log are not removed", extra={"reason": problem})
        self._removal_problem = problem

    def _files(self) -> list[tuple[float, int, Path]]:
        """Time of the last change, size and path of each file of the log, of this process and of others."""
        found: list[tuple[float, int, Path]] = []
        if not self.path.exists():
            return found
        for path in self.path.iterdir():
            if is_log_file(path.name):
                with suppress(FileNotFoundError):  # another process removes them as well
                    status = path.lstat()
                    found.append((status.st_mtime, status.st_size, path))
        return found

    def _note_write_problem(self, problem: str) -> None:
        if self._write_problem is None:
            logger.warning("the prediction log cannot be written; its records are dropped", extra={"reason": problem})
        self._write_problem = problem


def _remove_unused(path: Path) -> bool:
    """Remove a file that no process writes to.

    Returns:
        Whether it is gone.

    Raises:
        OSError: When it cannot be removed.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink(missing_ok=True)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
