"""The command line, and the environment variables of its defaults."""

from pathlib import Path

import pytest

from src.service.training.command_line import parse
from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.training_options import ChallengerAction


def test_the_defaults() -> None:
    """Without options and variables the reference data are trained for the local stack."""
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


def test_options_override_the_environment() -> None:
    """The variables, which Compose sets, are defaults; an empty one counts as unset."""
    environment = {
        "MLFLOW_TRACKING_URI": "http://mlflow:5000",
        "REGISTERED_MODEL_NAME": "m",
        "MODEL_ALIAS": "",
        "GIT_COMMIT": "abc",
    }
    options = parse(["--model-name", "n"], environment)
    assert (options.tracking_uri, options.model_name, options.alias) == ("http://mlflow:5000", "n", "champion")
    assert options.git_commit == "abc"


def test_each_option_is_a_field() -> None:
    """Each option sets its field."""
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
    ("arguments", "message"),
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
        (["--shadow-percent", "101"], "'101' is not a number from 0 to 100"),
        (["--canary-percent", "-1"], "'-1' is not a number from 0 to 100"),
        (["--canary-percent", "nan"], "'nan' is not a number from 0 to 100"),
        (["--promote", "--withdraw"], "--promote and --withdraw exclude each other"),
        (["--challenger", "--promote"], "--challenger and --promote exclude each other"),
        (["--promote", "--canary-percent", "5"], "--promote and the percentages exclude each other"),
        (["--promote", "--force"], "nothing is trained with these options"),
        (["--shadow-percent", "5", "--data", "f.csv", "--target", "y"], "nothing is trained with these options"),
        (["--challenger", "--alias", "challenger"], "cannot both have the alias 'challenger'"),
        (["--challenger-alias", "latest"], "'latest' is a name that MLflow keeps"),
        (["--alias", "bad alias!"], "argument --alias: 'bad alias!' is not"),
        (["--model-name", "a/b"], "argument --model-name: 'a/b' is"),
    ],
)
def test_invalid_options_exit_with_2(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The message on stderr names the invalid option."""
    with pytest.raises(SystemExit) as caught:
        parse(arguments, {})
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_options_about_the_file() -> None:
    """Repeated options are collected; words stand for characters that are hard to type."""
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
    ("arguments", "message"),
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
def test_contradictory_options_about_the_file(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are an error before the file is read."""
    with pytest.raises(SystemExit) as caught:
        parse(["--data", "f.csv", "--target", "y", *arguments], {})
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_options_about_the_file_need_one(capsys: pytest.CaptureFixture[str]) -> None:
    """They are an error without --data."""
    with pytest.raises(SystemExit):
        parse(["--decimal", ","], {})
    assert "the options for a CSV file need --data FILE.csv" in capsys.readouterr().err


def test_an_invalid_name_in_the_environment_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is trained for an alias that MLflow would refuse, also when a variable gives it."""
    with pytest.raises(SystemExit) as caught:
        parse([], {"MODEL_ALIAS": "latest"})
    assert caught.value.code == 2
    assert "argument --alias: 'latest' is a name that MLflow keeps" in capsys.readouterr().err


def test_help_documents_rule_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """`--help` has the promotion rule, the output and the exit codes."""
    with pytest.raises(SystemExit) as caught:
        parse(["--help"], {"MLFLOW_TRACKING_URI": "http://somewhere:1"})
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert "Exit code: 0" in shown
    assert "--force" in shown
    assert "http://somewhere:1" in shown


@pytest.mark.parametrize("arguments", [("--missing=--",), ("--missing", "-", "--missing=--"), ("--missing=-999",)])
def test_a_missing_value_may_be_hyphens(arguments: tuple[str, ...]) -> None:
    """Any number of them; argparse takes two for the end of the options."""
    options = parse(["--data", "f.csv", "--target", "y", *arguments], {})
    assert options.csv.missing == tuple(text.removeprefix("--missing=") for text in arguments if text != "--missing")


@pytest.mark.parametrize(
    ("arguments", "action", "trains"),
    [
        ([], ChallengerAction.NONE, True),
        (["--challenger"], ChallengerAction.TRAIN, True),
        (["--challenger", "--shadow-percent", "100", "--force"], ChallengerAction.TRAIN, True),
        (["--promote"], ChallengerAction.PROMOTE, False),
        (["--withdraw"], ChallengerAction.WITHDRAW, False),
        (["--canary-percent", "10"], ChallengerAction.SET, False),
    ],
)
def test_what_is_done_with_the_challenger(arguments: list[str], action: ChallengerAction, *, trains: bool) -> None:
    """Without options nothing; the percentages alone train nothing."""
    options = parse(arguments, {})
    assert (options.action, options.trains, options.challenger_alias) == (action, trains, "challenger")


def test_percentages() -> None:
    """They are read as the API reads the tags; the alias is the one that the API follows."""
    options = parse(["--shadow-percent", "2,5", "--canary-percent", "10 %"], {"CHALLENGER_ALIAS": "rival"})
    assert (options.shadow_percent, options.canary_percent, options.challenger_alias) == (2.5, 10.0, "rival")
    assert parse(["--shadow-percent", "0"], {}).canary_percent is None


def test_a_stack_that_serves_the_challenger_still_trains() -> None:
    """MODEL_ALIAS=challenger alone is no conflict."""
    assert parse([], {"MODEL_ALIAS": "challenger"}).action is ChallengerAction.NONE
