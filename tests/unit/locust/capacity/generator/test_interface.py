"""What a program knows of its users."""

from __future__ import annotations

import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from capacity.errors import CapacityError
from capacity.generator.interface import LoadGenerator
from capacity.measure.percentiles import RECORD
from capacity.measure.resource_counter import ProcessCounter


@dataclass
class EndedGenerator:
    """A load generator that ended, or did not."""

    words: str | None = None

    def last_words(self) -> str | None:
        """Its words."""
        return self.words

    def meter(self) -> ProcessCounter:
        """This process stands for it."""
        return ProcessCounter(os.getpid())


def _looks(folder: Path, *looks: tuple[float, int], name: int = 7) -> None:
    with (folder / f"events-{name}.jsonl").open("a") as file:
        file.writelines(json.dumps({"at": at, "users": users}) + "\n" for at, users in looks)


def test_the_number_is_told_and_read_back() -> None:
    """The file always holds one whole number, and the last look says how many are there."""
    with LoadGenerator.folders() as folder:
        crowd = LoadGenerator(EndedGenerator(), folder)
        assert (folder / "users").read_text() == "0"
        crowd.have(500)
        assert (folder / "users").read_text() == "500"
        assert crowd.present() is None
        _looks(folder, (1.0, 0), (1.25, 200), (1.5, 500))
        assert crowd.present() == 500
        assert crowd.await_users(500)
    assert not folder.exists()


def test_a_line_half_written_is_no_look(tmp_path: Path) -> None:
    """Files are read while they grow, also from their middle."""
    crowd = LoadGenerator(EndedGenerator(), tmp_path)
    _looks(tmp_path, *((float(number), number) for number in range(500)))
    with (tmp_path / "events-7.jsonl").open("a") as file:
        file.write('{"kind": 1, "name": "HTTP 503"}\n{"at": 500.0, "us')
    assert crowd.present() == 499


def test_the_fewest_of_a_time(tmp_path: Path) -> None:
    """Looks before and after do not count; a time without a look has no users that anybody knows of."""
    crowd = LoadGenerator(EndedGenerator(), tmp_path)
    _looks(tmp_path, (1.0, 10), (2.0, 500), (3.0, 499), (4.0, 500), (5.0, 0))
    assert crowd.fewest(2.0, 4.0) == 499
    assert crowd.fewest(5.5, 6.0) == 0


def test_answers_of_a_time_are_its_own(tmp_path: Path) -> None:
    """Only requests that should have been sent in it."""
    np.array([(1.0, 5, 0), (2.0, 7, 0), (2.5, 9, 1), (3.0, 11, 0)], RECORD).tofile(tmp_path / "answers-7.bin")
    (tmp_path / "events-7.jsonl").write_text('{"kind": 1, "name": "timeout"}\n')
    seen = LoadGenerator(EndedGenerator(), tmp_path).seen(2.0, 3.0)
    assert (seen.good, seen.failures, seen.p99_ms) == (1, {"timeout": 1}, 7)


def test_users_who_cannot_come_any_more_are_not_waited_for(tmp_path: Path) -> None:
    """A generator that ended says why."""
    crowd = LoadGenerator(EndedGenerator("no host is set"), tmp_path)
    with pytest.raises(CapacityError, match="the load generator ended: no host is set"):
        crowd.await_users(10)


def test_users_who_come_late_are_waited_for(tmp_path: Path) -> None:
    """Until the last is there."""
    crowd = LoadGenerator(EndedGenerator(), tmp_path)

    def come() -> None:
        for users in (3, 6, 10):
            time.sleep(0.1)
            _looks(tmp_path, (time.time(), users))

    thread = threading.Thread(target=come)
    thread.start()
    assert crowd.await_users(10)
    thread.join()
