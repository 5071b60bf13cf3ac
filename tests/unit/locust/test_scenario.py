"""What the environment may say, and what the staircase makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenario import Scenario, SettingError, Steps


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
    }
    assert Scenario.from_environ(environ) == Scenario("lean", Steps(5, 2.5, 12, 7), 0, 0.5)


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
    ],
)
def test_nonsense_is_refused_by_name(name: str, value: str) -> None:
    """An error names the variable and shows its value."""
    with pytest.raises(SettingError, match=rf"^{name} must be .*'{value}'$"):
        Scenario.from_environ({name: value})


@pytest.mark.parametrize(
    ("elapsed", "users"),
    [(0, 500), (29.9, 500), (30, 1000), (299, 5000), (569.9, 9500), (570, 10_000), (629.9, 10_000), (630, None)],
)
def test_stairs_are_climbed_by_the_clock(elapsed: float, users: int | None) -> None:
    """Step k begins at (k - 1) times its length; the last one is held and then the run ends."""
    assert Steps().users_at(elapsed) == users


def test_last_step_may_be_smaller() -> None:
    """A most that is no multiple of the step is reached, not exceeded."""
    assert [Steps(500, 10, 1200, 10).users_at(t) for t in (0, 10, 20, 29.9, 30)] == [500, 1000, 1200, 1200, None]


@given(st.integers(1, 1000), st.floats(1, 60), st.integers(1, 20_000), st.floats(1, 100))
def test_stairs_only_go_up_and_reach_the_top(users: int, seconds: float, most: int, hold: float) -> None:
    """Whatever the numbers: each step is at most one step higher, and the last is the most."""
    steps = Steps(users, seconds, most, hold)
    heights = [steps.users_at(step * seconds + seconds / 1000) for step in range(steps.count)]
    assert heights == [min((step + 1) * users, most) for step in range(steps.count)]


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
