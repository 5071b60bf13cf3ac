"""What the environment may say, and what the staircase makes of it."""

from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.scenario import Scenario, SettingError, Stage, Steps


def test_defaults_are_the_workshops() -> None:
    """Without variables: the fast user, and the UI decides how many."""
    assert Scenario.from_environ({}) == Scenario(user="fast", steps=None, api_wait=15, request_timeout=30)


def test_empty_variables_are_unset_ones() -> None:
    """Compose hands variables over that nobody set: they are empty."""
    names = ("LOCUST_USER", "LOCUST_SHAPE", "LOCUST_STEP_USERS", "LOCUST_STEP_SECONDS", "LOCUST_API_WAIT")
    assert Scenario.from_environ(dict.fromkeys(names, "")) == Scenario.from_environ({})


def test_staircase_of_the_workshop() -> None:
    """`LOCUST_SHAPE=steps` alone climbs to 10,000 users by 500."""
    assert Scenario.from_environ({"LOCUST_SHAPE": "steps"}).steps == Steps(500, 30, 10_000, 60)


def test_everything_can_be_chosen() -> None:
    """Each variable reaches its place."""
    environ = {
        "LOCUST_USER": "Lean",
        "LOCUST_SHAPE": "steps",
        "LOCUST_STEP_USERS": "5",
        "LOCUST_STEP_SECONDS": "2.5",
        "LOCUST_MAX_USERS": "12",
        "LOCUST_HOLD_SECONDS": "7",
        "LOCUST_API_WAIT": "0",
        "LOCUST_REQUEST_TIMEOUT": "0.5",
        "LOCUST_ARRIVAL_RATE": "5714",
    }
    assert Scenario.from_environ(environ) == Scenario("lean", Steps(5, 2.5, 12, 7), 0, 0.5, 5714)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOCUST_USER", "slow"),
        ("LOCUST_SHAPE", "stairs"),
        ("LOCUST_STEP_USERS", "0"),
        ("LOCUST_STEP_USERS", "many"),
        ("LOCUST_STEP_SECONDS", "nan"),
        ("LOCUST_MAX_USERS", "-5"),
        ("LOCUST_HOLD_SECONDS", "inf"),
        ("LOCUST_API_WAIT", "-1"),
        ("LOCUST_REQUEST_TIMEOUT", "0"),
        ("LOCUST_ARRIVAL_RATE", "0"),
    ],
)
def test_nonsense_is_refused_by_name(name: str, value: str) -> None:
    """An error names the variable and shows its value."""
    with pytest.raises(SettingError, match=rf"^{name} must be .*'{value}'$"):
        Scenario.from_environ({name: value})


def climb(steps: Steps, *seconds: float) -> list[int | None]:
    """Users at these moments, when somebody looks at each of them."""
    stage: Stage | None = Stage()
    users: list[int | None] = []
    for elapsed in seconds:
        stage = steps.stage_at(elapsed, stage) if stage is not None else None
        users.append(None if stage is None else steps.users_on(stage.step))
    return users


def test_stairs_are_climbed_by_the_clock() -> None:
    """Looked at every second, step k begins at (k - 1) times its length; the last is held, and then the run ends."""
    users = climb(Steps(), *range(632))
    assert [users.index(step * 500) for step in range(1, 21)] == [step * 30 for step in range(20)]
    assert users[629:] == [10_000, None, None]


def test_last_step_may_be_smaller() -> None:
    """A most that is no multiple of the step is reached, not exceeded."""
    assert climb(Steps(500, 10, 1200, 10), 0, 10, 20, 29.9, 30) == [500, 1000, 1200, 1200, None]


def test_no_step_is_left_out_after_a_stall() -> None:
    """A load generator that could not look for a while goes on with the next step, which then lasts its full time."""
    assert climb(Steps(500, 10, 1500, 10), 0, 35, 44, 45, 54, 55) == [500, 1000, 1000, 1500, 1500, None]


def test_looking_late_does_not_shift_the_stairs() -> None:
    """Half a second late on each step is not half a minute late at the top."""
    steps = Steps(users=1, seconds=2, most=100, hold=2)
    assert climb(steps, *(step * 2 + 0.5 for step in range(101))) == [*range(1, 101), None]


@given(st.integers(1, 1000), st.floats(1, 60), st.integers(1, 20_000), st.lists(st.floats(0, 100), max_size=50))
def test_stairs_are_climbed_step_by_step(users: int, seconds: float, most: int, pauses: list[float]) -> None:
    """Whenever somebody looks: never down, never two steps at once, never beyond the most."""
    steps = Steps(users, seconds, most, hold=seconds)
    seen = [count for count in climb(steps, 0, *accumulate(pauses)) if count is not None]
    assert all(0 <= after - before <= users for before, after in pairwise([0, *seen]))
    assert max(seen, default=0) <= most


@pytest.mark.parametrize(("workers", "rate"), [(0, 100), (1, 100), (4, 400), (9, 500)])
def test_users_start_as_fast_as_the_workers_can(workers: int, rate: float) -> None:
    """Never more than 100 a second and worker, never more than the step has."""
    assert Steps(users=500).spawn_rate(workers) == rate


def test_too_steep_stairs_are_refused_with_the_way_out() -> None:
    """When the workers cannot start a step's users before the next begins, the message says how many could."""
    steps = Steps(users=500, seconds=2)
    assert steps.refusal(3) is None
    reason = steps.refusal(1)
    assert reason is not None
    assert "use 3 workers" in reason


def test_answers_are_recorded_in_a_folder_that_exists(tmp_path: Path) -> None:
    """Nowhere unless one is named, and a wrong one is refused before the run instead of losing it."""
    assert Scenario.from_environ({"LOCUST_RECORD": ""}).record is None
    assert Scenario.from_environ({"LOCUST_RECORD": str(tmp_path)}).record == tmp_path
    with pytest.raises(SettingError, match="LOCUST_RECORD must be a folder that exists"):
        Scenario.from_environ({"LOCUST_RECORD": str(tmp_path / "none")})
