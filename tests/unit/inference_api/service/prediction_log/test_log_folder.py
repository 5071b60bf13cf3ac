"""Files of the log: rotation, limits, other processes, and disks that do not take them."""

import errno
import fcntl
import logging
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from src.service.prediction_log.file_names import file_name, is_log_file
from src.service.prediction_log.log_folder import (
    DISK_FULL,
    FILE_SECONDS,
    NOT_WRITABLE,
    WRITE_FAILED,
    LogFolder,
    LogLimits,
)

LINE = b"x" * 99 + b"\n"
DAY = 86_400.0
START = datetime(2026, 11, 29, 10, 0, 0, tzinfo=UTC)
needs_a_user = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


class Clock:
    """A clock that a test moves.

    Attributes:
        now: Seconds since 1970.
    """

    def __init__(self) -> None:
        """Start at a fixed time."""
        self.now = START.timestamp()

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


def folder_of(path: Path, clock: Clock, *, file: int = 250, total: int = 1000) -> LogFolder:
    """A folder whose files take two lines."""
    return LogFolder(path, LogLimits(file, total, 30 * DAY), clock)


def old_file(folder: Path, number: int, *, days: float, clock: Clock, size: int = 200) -> Path:
    """A file of another process that was written so many days ago."""
    path = folder / file_name("other", START, number)
    path.write_bytes(b"y" * size)
    os.utime(path, (clock.now - days * DAY, clock.now - days * DAY))
    return path


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """No file of this process grows beyond a size, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("3f2a9c", "predictions-3f2a9c-20261129T100000Z-7.jsonl"),
        ("../ñ host", "predictions-..-host-20261129T100000Z-7.jsonl"),
        ("", "predictions-host-20261129T100000Z-7.jsonl"),
    ],
)
def test_names_are_recognised(host: str, name: str) -> None:
    """A name has the host, the start and a number, no path, and matches the log's own pattern."""
    assert file_name(host, START, 7) == name
    assert is_log_file(name)


@pytest.mark.parametrize("name", ["predictions.jsonl", "predictions-a-20261129T100000Z-1.jsonl.gz", "notes.txt"])
def test_other_files_are_not_the_logs(name: str) -> None:
    """What people put into the folder is not touched."""
    assert not is_log_file(name)


def test_a_full_file_is_followed_by_the_next(tmp_path: Path, clock: Clock) -> None:
    """A file is closed before it exceeds its size; lines are never divided; group and owner alone may read."""
    folder = folder_of(tmp_path / "made" / "log", clock)
    assert [folder.write(LINE) for _ in range(5)] == [None] * 5
    files = sorted((tmp_path / "made/log").iterdir())
    assert [file.read_bytes().count(b"\n") for file in files] == [2, 2, 1]
    assert {file.stat().st_mode & 0o777 for file in files} <= {0o640, 0o600}
    assert all(is_log_file(file.name) for file in files)


def test_lines_longer_than_a_file(tmp_path: Path, clock: Clock) -> None:
    """One write that exceeds the size of a file has a file of its own."""
    folder = folder_of(tmp_path, clock, total=10_000)
    for content in (LINE, LINE * 5, LINE):
        assert folder.write(content) is None
    assert sorted(file.stat().st_size for file in tmp_path.iterdir()) == [100, 100, 500]


def test_a_file_is_closed_when_it_is_an_hour_old(tmp_path: Path, clock: Clock) -> None:
    """What was written an hour ago is complete, also when nothing more is written."""
    folder = folder_of(tmp_path, clock)
    folder.write(LINE)
    folder.maintain()
    assert folder.seconds_to_maintenance() == pytest.approx(FILE_SECONDS)
    clock.now += FILE_SECONDS
    folder.maintain()
    [first] = tmp_path.iterdir()
    with first.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    folder.write(LINE)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_oldest_are_removed_when_all_are_too_large(tmp_path: Path, clock: Clock) -> None:
    """The files of all processes, with the one to come, stay within the limit; other files stay."""
    notes = tmp_path / "notes.txt"
    notes.write_bytes(b"z" * 5000)
    files = [old_file(tmp_path, number, days=9 - number, clock=clock) for number in range(6)]
    folder_of(tmp_path, clock).write(LINE)
    assert [file.exists() for file in files] == [False, False, False, True, True, True]
    assert notes.exists()


def test_files_of_too_many_days_are_removed(tmp_path: Path, clock: Clock) -> None:
    """By the time of their last record, once an hour, also when nothing is written."""
    old, young = (old_file(tmp_path, number, days=days, clock=clock) for number, days in enumerate((30.01, 29.99)))
    folder = folder_of(tmp_path, clock)
    folder.maintain()
    assert (old.exists(), young.exists()) == (False, True)
    clock.now += FILE_SECONDS
    folder.maintain()
    assert not young.exists()


def test_a_file_in_use_is_not_removed(tmp_path: Path, clock: Clock) -> None:
    """Another process goes on writing into its file, whatever the limits are."""
    other = LogFolder(tmp_path, LogLimits(10_000, 10_000, DAY), clock)
    other.write(LINE * 9)
    [used] = tmp_path.iterdir()
    os.utime(used, (clock.now - 3 * DAY, clock.now - 3 * DAY))
    folder = folder_of(tmp_path, clock, total=500)
    folder.write(LINE)
    assert used.exists()
    other.close()
    folder.write(LINE * 2)
    assert not used.exists()


def test_two_processes_that_start_within_a_second(tmp_path: Path, clock: Clock) -> None:
    """Each has files of its own in the shared folder."""
    folders = [folder_of(tmp_path, clock) for _ in range(2)]
    for _ in range(3):
        for number, folder in enumerate(folders):
            assert folder.write(b"%d\n" % number * 60) is None
    contents = [file.read_bytes() for file in tmp_path.iterdir()]
    assert {len(set(content.split())) for content in contents} == {1}
    assert b"".join(contents).count(b"\n") == 360


def test_a_file_that_somebody_removed(tmp_path: Path, clock: Clock) -> None:
    """The next lines go into a new file: nothing is written to where nobody can read it."""
    folder = folder_of(tmp_path, clock)
    folder.write(LINE)
    [first] = tmp_path.iterdir()
    first.unlink()
    folder.write(LINE)
    [second] = tmp_path.iterdir()
    assert (second.name != first.name, second.read_bytes()) == (True, LINE)


def test_a_folder_that_somebody_removed(tmp_path: Path, clock: Clock) -> None:
    """It is made again."""
    folder = folder_of(tmp_path / "log", clock)
    folder.write(LINE)
    for file in (tmp_path / "log").iterdir():
        file.unlink()
    (tmp_path / "log").rmdir()
    assert folder.write(LINE) is None
    assert len(list((tmp_path / "log").iterdir())) == 1


def test_a_disk_that_is_full(tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """Whole lines stay, nothing is left of the others, one warning tells it, and it ends when there is room."""
    folder = folder_of(tmp_path, clock, file=1000, total=10_000)
    folder.write(LINE)
    with file_size_limit(150):
        assert [folder.write(LINE), folder.write(LINE)] == [DISK_FULL, None]
        assert [folder.write(LINE * 3) for _ in range(3)] == [DISK_FULL] * 3
        assert folder.problem == f"{tmp_path}: File too large"
    assert [file.read_bytes() for file in sorted(tmp_path.iterdir())] == [LINE, LINE]
    assert folder.write(LINE * 3) is None
    assert folder.problem is None
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert warnings == ["the prediction log cannot be written; its records are dropped"] * 2


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.ENOSPC, DISK_FULL),
        (errno.EDQUOT, DISK_FULL),
        (errno.EROFS, NOT_WRITABLE),
        (errno.EACCES, NOT_WRITABLE),
        (errno.EIO, WRITE_FAILED),
        (errno.ESTALE, WRITE_FAILED),
    ],
)
def test_reasons(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, code: int, reason: str) -> None:
    """What the disk says becomes one of three reasons; no file is left behind at any attempt."""

    def fail(_descriptor: int, _content: bytes) -> int:
        raise OSError(code, os.strerror(code))

    folder = folder_of(tmp_path, clock)
    with monkeypatch.context() as broken:
        broken.setattr(os, "write", fail)
        assert [folder.write(LINE) for _ in range(3)] == [reason] * 3
    assert list(tmp_path.iterdir()) == []
    assert folder.problem == f"{tmp_path}: {os.strerror(code)}"
    assert folder.write(LINE) is None


def test_a_file_in_the_place_of_the_folder(tmp_path: Path, clock: Clock) -> None:
    """It is a folder that cannot be written."""
    path = tmp_path / "log"
    path.touch()
    folder = folder_of(path, clock)
    assert folder.write(LINE) == NOT_WRITABLE
    folder.maintain()
    assert folder.problem is not None
    path.unlink()
    assert folder.write(LINE) is None
    assert folder.problem is None


@needs_a_user
def test_a_folder_of_another_user(tmp_path: Path, clock: Clock) -> None:
    """Nothing is written until it may be."""
    tmp_path.chmod(0o500)
    folder = folder_of(tmp_path, clock)
    assert folder.write(LINE) == NOT_WRITABLE
    tmp_path.chmod(0o700)
    assert folder.write(LINE) is None


def test_before_the_first_record(tmp_path: Path, clock: Clock) -> None:
    """No folder is made and nothing is a problem before there is something to write."""
    folder = folder_of(tmp_path / "log", clock)
    folder.maintain()
    assert folder.problem is None
    assert not (tmp_path / "log").exists()
