"""Setting and reading the number of users."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from capacity.errors import CapacityError
from capacity.generator.interface import LoadGenerator
from capacity.measure.percentiles import RECORD
from capacity.measure.resource_counter import ProcessCounter
from tests.unit.locust.capacity.clock import ManualClock


@dataclass
class LocustDouble:
    """A Locust process that has ended if it has an output."""

    output: str | None = None

    def exit_output(self) -> str | None:
        """Its output."""
        return self.output

    def counter(self) -> ProcessCounter:
        """The counter of this process."""
        return ProcessCounter(os.getpid())


def _record(folder: Path, *counts: tuple[float, int], name: int = 7) -> None:
    with (folder / f"events-{name}.jsonl").open("a") as file:
        file.writelines(json.dumps({"at": at, "users": users}) + "\n" for at, users in counts)


def test_number_of_users_is_set_and_read() -> None:
    """The file has the set number, and the last record is the current number."""
    with LoadGenerator.shared_folder() as folder:
        load_generator = LoadGenerator(LocustDouble(), folder)
        assert (folder / "users").read_text() == "0"
        load_generator.set_users(500)
        assert (folder / "users").read_text() == "500"
        assert load_generator.current_users() is None
        _record(folder, (1.0, 0), (1.25, 200), (1.5, 500))
        assert load_generator.current_users() == 500
        assert load_generator.await_users(500)
    assert not folder.exists()


def test_incomplete_line_is_not_read(tmp_path: Path) -> None:
    """Files are read while they grow, also from their middle."""
    load_generator = LoadGenerator(LocustDouble(), tmp_path)
    _record(tmp_path, *((float(number), number) for number in range(500)))
    with (tmp_path / "events-7.jsonl").open("a") as file:
        file.write('{"kind": 1, "name": "HTTP 503"}\n{"at": 500.0, "us')
    assert load_generator.current_users() == 499


def test_min_users_of_a_window(tmp_path: Path) -> None:
    """Records before and after do not count; without a record in the window it is 0."""
    load_generator = LoadGenerator(LocustDouble(), tmp_path)
    _record(tmp_path, (1.0, 10), (2.0, 500), (3.0, 499), (4.0, 500), (5.0, 0))
    assert load_generator.min_users(2.0, 4.0) == 499
    assert load_generator.min_users(5.5, 6.0) == 0


def test_responses_of_a_window(tmp_path: Path) -> None:
    """Only requests that should have been sent in the window count."""
    np.array([(1.0, 5, 0), (2.0, 7, 0), (2.5, 9, 1), (3.0, 11, 0)], RECORD).tofile(tmp_path / "answers-7.bin")
    (tmp_path / "events-7.jsonl").write_text('{"kind": 1, "name": "timeout"}\n')
    responses = LoadGenerator(LocustDouble(), tmp_path).responses(2.0, 3.0)
    assert (responses.good, responses.failures, responses.p99_ms) == (1, {"timeout": 1}, 7)


def test_wait_ends_when_locust_ends(tmp_path: Path) -> None:
    """The error has the output of Locust."""
    load_generator = LoadGenerator(LocustDouble("no host is set"), tmp_path)
    with pytest.raises(CapacityError, match="the load generator ended: no host is set"):
        load_generator.await_users(10)


def test_wait_until_all_users_run(tmp_path: Path) -> None:
    """The wait ends when the set number is recorded."""
    clock = ManualClock()
    load_generator = LoadGenerator(LocustDouble(), tmp_path, clock)
    clock.listeners.append(lambda: _record(tmp_path, (clock.time(), round(clock.monotonic() * 20))))
    assert load_generator.await_users(10)
    assert clock.monotonic() == pytest.approx(0.5)


def test_wait_ends_when_the_users_do_not_start(tmp_path: Path) -> None:
    """A minute and the slowest start of so many users are waited for."""
    clock = ManualClock()
    assert not LoadGenerator(LocustDouble(), tmp_path, clock).await_users(500)
    assert clock.monotonic() == pytest.approx(62, abs=0.2)
