"""The record of every answer of a run."""

from __future__ import annotations

import json
import struct
from argparse import Namespace
from pathlib import Path
from typing import Any

import gevent
import pytest
from locust import User, task
from locust.env import Environment
from locust.exception import CatchResponseError

from load.recorder import Recorder


class CountingUser(User):
    """Reports answers of 1, 2, 3... ms, every third one failed."""

    abstract = True
    answers = 0

    @task
    def predict(self) -> None:
        """Report one answer."""
        type(self).answers += 1
        number = type(self).answers
        self.environment.events.request.fire(
            response_time=float(number),
            exception=CatchResponseError(f"failure {number % 2}") if number % 3 == 0 else None,
            start_time=1000.0 + number,
        )


def run(folder: Path) -> Environment:
    """Run two users, until both are recorded there with some answers."""

    class ThisUser(CountingUser):
        wait_time = lambda _: 0.01  # noqa: E731 - a method of one expression, as Locust's own waits

    environment = Environment(user_classes=[ThisUser], parsed_options=Namespace())
    Recorder(folder).listen(environment.events)
    runner = environment.create_local_runner()
    environment.events.test_start.fire(environment=environment)
    runner.start(2, spawn_rate=100)
    gevent.get_hub().loop.update_now()
    with gevent.Timeout(20):
        while ThisUser.answers < 10 or '"users": 2' not in "".join(map(Path.read_text, folder.glob("events-*"))):
            gevent.sleep(0.01)
    runner.quit()
    environment.events.quitting.fire(environment=environment)
    assert ThisUser.answers > 0
    environment.reported = ThisUser.answers  # type: ignore[attr-defined]  # for the test alone
    return environment


def test_every_answer_is_recorded_with_its_time_and_kind(tmp_path: Path) -> None:
    """No answer is lost or rounded, and each kind of failure is named once, before its first record."""
    environment: Any = run(tmp_path)

    [file] = tmp_path.glob("answers-*.bin")
    records = list(struct.iter_unpack("<dfH", file.read_bytes()))
    [lines] = tmp_path.glob("events-*.jsonl")
    events = [json.loads(line) for line in lines.read_text().splitlines()]
    kinds = {event["kind"]: event["name"] for event in events if "kind" in event}
    assert len(records) == environment.reported
    for number, (at, milliseconds, kind) in enumerate(records, start=1):
        assert (at, milliseconds) == (1000.0 + number, number)
        assert (kinds[kind] if kind else None) == (f"failure {number % 2}" if number % 3 == 0 else None)
    assert len(kinds) == sum("kind" in event for event in events) == 2
    users = [event["users"] for event in events if "users" in event]
    assert len(users) >= 2
    assert max(users) == 2


def test_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    """The error is raised instead of losing records."""
    environment = Environment(user_classes=[], parsed_options=Namespace())
    recorder = Recorder(tmp_path / "gone")

    with pytest.raises(FileNotFoundError):
        recorder.on_quitting(environment)


def test_many_runs_of_one_process_share_a_writer(tmp_path: Path) -> None:
    """Every start of a run in the UI uses the same writer, so the lines stay ten per second."""
    environment = Environment(user_classes=[], parsed_options=Namespace())
    recorder = Recorder(tmp_path)
    recorder.listen(environment.events)

    for _ in range(5):
        environment.events.test_start.fire(environment=environment)
    gevent.sleep(0.05)

    assert recorder._writer is not None
    recorder._writer.kill()
    [lines] = tmp_path.glob("events-*.jsonl")
    assert len(lines.read_text().splitlines()) == 1
