"""The command line of the runs with users."""

import pytest

from benchmarks.users.options import parse
from scenario import Scenario


def test_locust_understands_the_staircase() -> None:
    """What is handed to the container is what its own scenario reads, and one process can climb it in time."""
    options = parse(["--users", "10000", "--step-users", "500", "--hold-seconds", "30"])

    scenario = Scenario.from_environ(options.staircase.variables("http://gateway:8000"))

    assert scenario.user == "lean"
    assert scenario.steps is not None
    assert (scenario.steps.users_on(20), scenario.steps.count) == (10_000, 20)
    assert scenario.steps.refusal(workers=1) is None
    # The last step holds the arrival of its own users, at the rate that Locust starts them, before the hold.
    assert scenario.steps.hold == 30 + scenario.steps.users / scenario.steps.spawn_rate(1)
    assert options.staircase.ramp_seconds == 95


def test_limits_are_read() -> None:
    """As Docker writes them."""
    options = parse(["--cpus", "0.1", "--memory", "128M", "--via", "direct", "--runs", "1"])

    assert (options.cpus, options.memory, options.via, options.runs) == (0.1, 128 * 2**20, "direct", 1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--step-seconds", "1"], "use --step-seconds 5"),
        (["--memory", "a lot"], "is not a size like 160M"),
        (["--memory", "0"], "is not a size like 160M"),
        (["--cpus", "0"], "from 0.01 to 64"),
        (["--cpus", "nan"], "from 0.01 to 64"),
        (["--users", "1000000"], "from 1 to 20000"),
        (["--via", "internet"], "invalid choice"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2 and what to write instead."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err
