"""The settings from the environment, and the ramp."""

from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.scenario import Ramp, Scenario, SettingError, Stage


def test_defaults() -> None:
    """Without variables: the fast user, no ramp."""
    assert Scenario.from_environ({}) == Scenario(user="fast", ramp=None, api_wait=15, request_timeout=30)


def test_empty_variables_are_unset_ones() -> None:
    """Compose passes unset variables as empty ones."""
    names = ("LOCUST_USER", "LOCUST_SHAPE", "LOCUST_STEP_USERS", "LOCUST_STEP_SECONDS", "LOCUST_API_WAIT")
    assert Scenario.from_environ(dict.fromkeys(names, "")) == Scenario.from_environ({})


def test_default_ramp() -> None:
    """`LOCUST_SHAPE=steps` alone goes to 10,000 users in steps of 500."""
    assert Scenario.from_environ({"LOCUST_SHAPE": "steps"}).ramp == Ramp(500, 30, 10_000, 60)


def test_everything_can_be_chosen() -> None:
    """Each variable sets its field."""
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
        "LOCUST_METRICS_PORT": "8089",
    }
    assert Scenario.from_environ(environ) == Scenario("lean", Ramp(5, 2.5, 12, 7), 0, 0.5, 5714, metrics_port=8089)


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
def test_invalid_value_is_refused(name: str, value: str) -> None:
    """The error names the variable and its value."""
    with pytest.raises(SettingError, match=rf"^{name} must be .*'{value}'$"):
        Scenario.from_environ({name: value})


def users_at(ramp: Ramp, *seconds: float) -> list[int | None]:
    """Users at these times, when the stage is updated at each of them."""
    stage: Stage | None = Stage()
    users: list[int | None] = []
    for elapsed in seconds:
        stage = ramp.stage_at(elapsed, stage) if stage is not None else None
        users.append(None if stage is None else ramp.users_on(stage.step))
    return users


def test_steps_begin_on_time() -> None:
    """Updated every second, step k begins after k - 1 step times; the run ends after the hold time of the last step."""
    users = users_at(Ramp(), *range(632))
    assert [users.index(step * 500) for step in range(1, 21)] == [step * 30 for step in range(20)]
    assert users[629:] == [10_000, None, None]


def test_last_step_may_be_smaller() -> None:
    """A maximum that is no multiple of the step is reached, not exceeded."""
    assert users_at(Ramp(500, 10, 1200, 10), 0, 10, 20, 29.9, 30) == [500, 1000, 1200, 1200, None]


def test_no_step_is_skipped_after_a_stall() -> None:
    """After a stall of the load generator the next step begins, and lasts its full time."""
    assert users_at(Ramp(500, 10, 1500, 10), 0, 35, 44, 45, 54, 55) == [500, 1000, 1000, 1500, 1500, None]


def test_late_updates_do_not_add_up() -> None:
    """Updates that are each half a second late do not delay the later steps further."""
    ramp = Ramp(step_users=1, step_seconds=2, max_users=100, hold_seconds=2)
    assert users_at(ramp, *(step * 2 + 0.5 for step in range(101))) == [*range(1, 101), None]


@given(st.integers(1, 1000), st.floats(1, 60), st.integers(1, 20_000), st.lists(st.floats(0, 100), max_size=50))
def test_users_rise_step_by_step(users: int, seconds: float, most: int, pauses: list[float]) -> None:
    """At any times of updates: never fewer users, never two steps at once, never above the maximum."""
    ramp = Ramp(users, seconds, most, hold_seconds=seconds)
    seen = [count for count in users_at(ramp, 0, *accumulate(pauses)) if count is not None]
    assert all(0 <= after - before <= users for before, after in pairwise([0, *seen]))
    assert max(seen, default=0) <= most


@pytest.mark.parametrize(("workers", "rate"), [(0, 100), (1, 100), (4, 400), (9, 500)])
def test_users_start_as_fast_as_the_workers_can(workers: int, rate: float) -> None:
    """At most 100 per second and worker, and at most the users of a step."""
    assert Ramp(step_users=500).spawn_rate(workers) == rate


def test_ramp_that_is_too_steep_is_refused() -> None:
    """When the workers cannot start the users of a step in time, the message says how many workers can."""
    ramp = Ramp(step_users=500, step_seconds=2)
    assert ramp.refusal(3) is None
    reason = ramp.refusal(1)
    assert reason is not None
    assert "use 3 workers" in reason


def test_record_folder_must_exist(tmp_path: Path) -> None:
    """By default there is no record; a folder that does not exist is refused before the run."""
    assert Scenario.from_environ({"LOCUST_RECORD": ""}).record is None
    assert Scenario.from_environ({"LOCUST_RECORD": str(tmp_path)}).record == tmp_path
    with pytest.raises(SettingError, match="LOCUST_RECORD must be a folder that exists"):
        Scenario.from_environ({"LOCUST_RECORD": str(tmp_path / "none")})
