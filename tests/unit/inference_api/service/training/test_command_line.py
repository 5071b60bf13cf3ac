"""The command line, and the environment behind its defaults."""

from pathlib import Path

import pytest

from src.service.training.command_line import parse
from src.service.training.csv_input.csv_options import CsvOptions


def test_the_defaults_are_the_projects() -> None:
    """Without options and environment the reference data go to the local stack."""
    options = parse([], {})
    assert (options.dataset, options.data, options.model_name, options.alias) == (
        "reference",
        None,
        "linear_regression_model",
        "champion",
    )
    assert options.tracking_uri == "http://localhost:8005"
    assert options.wait_seconds == 120
    assert (options.force, options.skip_if_registered, options.git_commit) == (False, False, None)


def test_the_environment_gives_defaults_and_options_win() -> None:
    """Compose sets variables, a person sets options; an empty variable counts as unset."""
    environment = {
        "MLFLOW_TRACKING_URI": "http://mlflow:5000",
        "REGISTERED_MODEL_NAME": "m",
        "MODEL_ALIAS": "",
        "GIT_COMMIT": "abc",
    }
    options = parse(["--model-name", "n"], environment)
    assert (options.tracking_uri, options.model_name, options.alias) == ("http://mlflow:5000", "n", "champion")
    assert options.git_commit == "abc"


def test_all_options_arrive() -> None:
    """Each option has its field."""
    options = parse(
        [
            *("--data", "f.csv", "--target", "y", "--separator", ";", "--task", "regression", "--seed", "7"),
            *("--alias", "a", "--experiment", "e", "--force", "--skip-if-registered", "--wait", "1.5"),
            *("--tracking-uri", "http://h"),
        ],
        {},
    )
    assert (options.data, options.target, options.csv.separator, options.task) == (
        Path("f.csv"),
        "y",
        ";",
        "regression",
    )
    assert (options.seed, options.alias, options.experiment, options.wait_seconds) == (7, "a", "e", 1.5)
    assert (options.force, options.skip_if_registered, options.tracking_uri) == (True, True, "http://h")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "f.csv"], "--data FILE.csv and --target COLUMN go together"),
        (["--target", "y"], "--data FILE.csv and --target COLUMN go together"),
        (["--data", "f.csv", "--target", "y", "--dataset", "diabetes"], "--data and --dataset exclude each other"),
        (["--separator", ";;"], "--separator must be one character"),
        (["--seed", "-1"], "'-1' is not a whole number"),
        (["--seed", "x"], "'x' is not a whole number"),
        (["--wait", "soon"], "'soon' is not a number of seconds"),
        (["--wait", "inf"], "'inf' is not a number of seconds"),
        (["--wait", "-1"], "'-1' is not a number of seconds"),
        (["--dataset", "iris"], "invalid choice: 'iris'"),
        (["--task", "clustering"], "invalid choice: 'clustering'"),
        (["--alias", "bad alias!"], "argument --alias: 'bad alias!' is not"),
        (["--model-name", "a/b"], "argument --model-name: 'a/b' is"),
    ],
)
def test_wrong_options_end_with_code_2(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    """One sentence on stderr says which option is wrong."""
    with pytest.raises(SystemExit) as caught:
        parse(arguments, {})
    assert caught.value.code == 2
    assert sentence in capsys.readouterr().err


def test_what_is_known_about_the_file_arrives() -> None:
    """Repeated options add up; words stand for what is hard to type."""
    given = parse(
        [
            *("--data", "f.csv", "--target", "y", "--separator", "tab", "--decimal", ",", "--thousands", "blank"),
            *("--encoding", "latin1", "--missing", "-999", "--missing", "", "--text", "a", "--text", "b"),
            *("--number", "c", "--integer", "d", "--date", "e", "--ignore", "f"),
        ],
        {},
    ).csv
    assert given == CsvOptions(
        separator="\t",
        decimal=",",
        thousands=" ",
        encoding="iso8859-1",
        missing=("-999", ""),
        columns={"a": "text", "b": "text", "c": "number", "d": "integer", "e": "date", "f": "ignore"},
    )
    assert parse(["--data", "f.csv", "--target", "y", "--thousands", "none"], {}).csv == CsvOptions(thousands="")
    assert parse([], {}).csv == CsvOptions()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--separator", ";", "--decimal", ";"], "argument --decimal: invalid choice: ';'"),
        (["--separator", ",", "--decimal", ","], "--separator and --decimal cannot both be ','"),
        (["--separator", ",", "--thousands", ","], "--separator and --thousands cannot both be ','"),
        (["--decimal", ",", "--thousands", ","], "--decimal and --thousands cannot both be ','"),
        (["--thousands", "x"], "--thousands must be one of"),
        (["--encoding", "klingon"], "argument --encoding: 'klingon' is no encoding that Python knows"),
        (["--encoding", "base64"], "argument --encoding: 'base64' is no encoding that Python knows"),
        (["--text", "a", "--number", "a"], "column 'a' cannot be both --text and --number"),
    ],
)
def test_options_for_a_file_that_exclude_each_other(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are told before the file is looked for."""
    with pytest.raises(SystemExit) as caught:
        parse(["--data", "f.csv", "--target", "y", *arguments], {})
    assert caught.value.code == 2
    assert sentence in capsys.readouterr().err


def test_options_for_a_file_need_one(capsys: pytest.CaptureFixture[str]) -> None:
    """Else they would be ignored without a word."""
    with pytest.raises(SystemExit):
        parse(["--decimal", ","], {})
    assert "the options for a CSV file need --data FILE.csv" in capsys.readouterr().err


def test_a_wrong_name_in_the_environment_is_told_like_an_option(capsys: pytest.CaptureFixture[str]) -> None:
    """Compose gives the alias by a variable, and nothing is trained for one that MLflow would refuse."""
    with pytest.raises(SystemExit) as caught:
        parse([], {"MODEL_ALIAS": "latest"})
    assert caught.value.code == 2
    assert "argument --alias: 'latest' is a name that MLflow keeps" in capsys.readouterr().err


def test_help_documents_rule_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` tells what a script needs to know."""
    with pytest.raises(SystemExit) as caught:
        parse(["--help"], {"MLFLOW_TRACKING_URI": "http://somewhere:1"})
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "Exit code: 0" in shown
    assert "--force" in shown
    assert "http://somewhere:1" in shown


@pytest.mark.parametrize("arguments", [("--missing=--",), ("--missing", "-", "--missing=--"), ("--missing=-999",)])
def test_a_gap_may_be_written_with_hyphens(arguments: tuple[str, ...]) -> None:
    """As many as there are; argparse has a meaning of its own for two."""
    options = parse(["--data", "f.csv", "--target", "y", *arguments], {})
    assert options.csv.missing == tuple(text.removeprefix("--missing=") for text in arguments if text != "--missing")
