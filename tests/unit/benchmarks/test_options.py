"""The command line."""

import pytest

from benchmarks.options import parse
from benchmarks.schedule import Load
from benchmarks.servers import SERVERS


def test_without_options_everybody_is_measured_with_every_load() -> None:
    """1, 64 and 512 connections for single rows, and batches."""
    options = parse([])

    assert options.servers == tuple(SERVERS)
    assert options.loads == (Load("single", 1), Load("single", 64), Load("single", 512), Load("batch", 64))
    assert options.report is not None


def test_quick_is_us_the_limits_and_the_best_peer() -> None:
    """And leaves the page alone."""
    options = parse(["--quick"])

    assert {"lane", "route", "httptools", "asgi"} < set(options.servers)
    assert options.loads == (Load("single", 64),)
    assert options.report is None


def test_servers_models_and_loads_can_be_chosen() -> None:
    """In any number."""
    chosen = ["--servers", "lane,mlflow", "--models", "forest", "--connections", "8,64", "--batch-connections", "0"]
    options = parse(chosen)

    assert options.servers == ("lane", "mlflow")
    assert options.models == ("forest",)
    assert options.loads == (Load("single", 8), Load("single", 64))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--servers", "lane,flask"], "flask is not from lane,route"),
        (["--models", ""], "is not from linear"),
        (["--connections", "100000"], "from 1 to 4096"),
        (["--seconds", "3600"], "from 1 to 60"),
        (["--repeats", "0"], "from 1 to 20"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit code 2, what is wrong, and what there is; every run is bounded."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err
