"""The staircase as Locust asks for it."""

import pytest
from locust.env import Environment

from load.scenario import Steps
from load.shape import StepsShape, worker_count


class Stairs(StepsShape):
    """Five by five up to ten, two seconds each."""

    steps = Steps(users=5, seconds=2, most=10, hold=2)


@pytest.fixture
def stairs(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the run has lasted; the last entry counts."""
    clock = [0.0]
    monkeypatch.setattr(Stairs, "get_run_time", lambda _: clock[-1])
    return clock


def test_ticks_follow_the_stairs_and_end(stairs: list[float]) -> None:
    """Locust hears the users of the step and a rate; None at the end stops the run."""
    shape = Stairs()
    answers = []
    for second in (0, 1, 2, 3, 4):
        stairs.append(second)
        answers.append(shape.tick())
    assert answers == [(5, 5.0), (5, 5.0), (10, 5.0), (10, 5.0), None]


def test_every_run_begins_at_the_foot(stairs: list[float]) -> None:
    """Locust keeps one shape for all the runs of a page."""
    shape = Stairs()
    for second in (0, 2):
        stairs.append(second)
        assert shape.tick()
    shape.reset_time()
    stairs.append(0)
    assert shape.tick() == (5, 5.0)


def test_workers_that_come_during_a_step_change_the_next_one(
    stairs: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new rate within a step would make Locust start the step again."""
    monkeypatch.setattr(Stairs, "steps", Steps(users=500, seconds=10, most=1000, hold=10))
    workers = [1]
    monkeypatch.setattr("load.shape.worker_count", lambda _: workers[-1])
    shape = Stairs()
    assert shape.tick() == (500, 100.0)
    workers.append(4)
    assert shape.tick() == (500, 100.0)
    stairs.append(10)
    assert shape.tick() == (1000, 400.0)


def test_a_process_without_master_is_one_worker() -> None:
    """Without a master, the process starts the users itself."""
    runner = Environment().create_local_runner()
    assert worker_count(runner) == 1
    runner.quit()
