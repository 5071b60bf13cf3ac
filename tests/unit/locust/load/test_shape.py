"""The ramp as a Locust shape."""

import pytest
from locust.env import Environment

from load.scenario import Ramp
from load.shape import RampShape, worker_count


class SmallRamp(RampShape):
    """Five more users every two seconds, up to ten."""

    ramp = Ramp(step_users=5, step_seconds=2, max_users=10, hold_seconds=2)


@pytest.fixture
def run_time(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds since the start of the run; the last entry counts."""
    clock = [0.0]
    monkeypatch.setattr(SmallRamp, "get_run_time", lambda _: clock[-1])
    return clock


def test_ticks_follow_the_ramp_and_end(run_time: list[float]) -> None:
    """Each tick returns the users of the step and the spawn rate; None at the end stops the run."""
    shape = SmallRamp()
    answers = []
    for second in (0, 1, 2, 3, 4):
        run_time.append(second)
        answers.append(shape.tick())
    assert answers == [(5, 5.0), (5, 5.0), (10, 5.0), (10, 5.0), None]


def test_every_run_begins_at_the_first_step(run_time: list[float]) -> None:
    """Locust uses one shape for all runs of the UI."""
    shape = SmallRamp()
    for second in (0, 2):
        run_time.append(second)
        assert shape.tick()
    shape.reset_time()
    run_time.append(0)
    assert shape.tick() == (5, 5.0)


def test_workers_that_join_during_a_step_change_the_next_one(
    run_time: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rate within a step stays, because with a new one Locust would start the step again."""
    monkeypatch.setattr(SmallRamp, "ramp", Ramp(step_users=500, step_seconds=10, max_users=1000, hold_seconds=10))
    workers = [1]
    monkeypatch.setattr("load.shape.worker_count", lambda _: workers[-1])
    shape = SmallRamp()
    assert shape.tick() == (500, 100.0)
    workers.append(4)
    assert shape.tick() == (500, 100.0)
    run_time.append(10)
    assert shape.tick() == (1000, 400.0)


def test_process_without_master_counts_as_one_worker() -> None:
    """Without a master, the process starts the users itself."""
    runner = Environment().create_local_runner()
    assert worker_count(runner) == 1
    runner.quit()
