"""The command line."""

import pytest

from benchmarks.options import parse
from benchmarks.schedule import Load
from benchmarks.servers import SERVERS


def test_defaults_are_all_servers_and_loads() -> None:
    """Without options: all servers, single rows with 1, 64 and 512 connections, and batches."""
    options = parse([])

    assert options.servers == tuple(SERVERS)
    assert options.loads == (Load("single", 1), Load("single", 64), Load("single", 512), Load("batch", 64))
    assert options.report is not None


def test_quick_has_few_servers_and_one_load() -> None:
    """--quick measures this API, the limits and the best peer with one load, and writes no page."""
    options = parse(["--quick"])

    assert {"lane", "route", "httptools", "asgi"} < set(options.servers)
    assert options.loads == (Load("single", 64),)
    assert options.report is None


def test_servers_models_and_loads_can_be_chosen() -> None:
    """Each option takes one or more values."""
    chosen = ["--servers", "lane,mlflow", "--models", "forest", "--connections", "8,64", "--batch-connections", "0"]
    options = parse(chosen)

    assert options.servers == ("lane", "mlflow")
    assert options.models == ("forest",)
    assert options.loads == (Load("single", 8), Load("single", 64))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--servers", "lane,flask"], "flask is not from lane,route"),
        (["--models", ""], "is not from linear"),
        (["--connections", "100000"], "from 1 to 4096"),
        (["--seconds", "3600"], "from 1 to 60"),
        (["--repeats", "0"], "from 1 to 20"),
    ],
)
def test_invalid_options_are_refused(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An invalid or too large value ends the program with exit code 2; the message has the valid values."""
    with pytest.raises(SystemExit) as ended:
        parse(arguments)

    assert ended.value.code == 2
    assert message in capsys.readouterr().err
