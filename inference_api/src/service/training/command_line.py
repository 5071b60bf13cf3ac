"""The trainer's command line: the only place where its environment is read."""

import argparse
import codecs
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from src.service.training.csv_input.csv_options import CsvOptions
from src.service.training.registry_name import alias, model_name
from src.service.training.training_options import ChallengerAction, TrainingOptions

_SEEDS: Final = 2**32
_MOST_PERCENT: Final = 100
# The options that name a column, each with its help.
_COLUMN_OPTIONS: Final = {
    "text": "it is text, each value as it stands (codes; NA is no gap)",
    "number": "it holds numbers, with or without fractions, whatever zeros are before them",
    "integer": "it holds whole numbers, and the service will refuse others",
    "date": "it holds dates; the model learns from the time that passes",
    "ignore": "nothing is learnt from it",
}
_EPILOG: Final = """\
How a file is written (separator, decimal mark, thousands, encoding, gaps) and what each column is, is found from the
file and told. Numbers are doubles, so that 75.5 is answered where the file has whole numbers only. In a column of
numbers, other texts are gaps: the usual marks (?, -, s/d, #N/D, ...) always, other words up to a tenth of the values.

What it leaves: a run (parameters, cross-validated and held-out metrics, data digest, git commit, plot, and in
columns.csv what was understood of each column) and a registered version in skops format. The version becomes the
alias's only if it is no worse than the current one on the same held-out rows (RMSE, or macro F1): a fifth of the rows,
chosen by their content and --seed. A current version that cannot be judged on this data (other columns, broken) stays
in place. --force promotes in any case.

With --challenger it gets the challenger's alias instead, whatever the comparison says, and the API tries it beside the
champion: --shadow-percent and --canary-percent, which are tags of the registered model, say how much. Alone they set
the tags and train nothing. --promote and --withdraw set canary_percent to 0; shadow_percent stays for the next one.

Progress goes to stderr. The last line of stdout is JSON:
{"name": ..., "version": ..., "alias": ..., "promoted": true or false, "metrics": {...}, "run_id": ...}
without a training
{"name": ..., "champion": ..., "challenger": ..., "shadow_percent": ..., "canary_percent": ...}

Exit code: 0 when a version was registered, promoted or not ("promoted" tells), or --skip-if-registered had nothing to
do; 2 for something you can put right (an option, the data, MLflow out of reach); 1 when MLflow failed half way: the
alias is set last, so the current version still serves, and training again is safe.

Environment: MLFLOW_TRACKING_URI, REGISTERED_MODEL_NAME, MODEL_ALIAS and CHALLENGER_ALIAS are the defaults of the
options; GIT_COMMIT names the commit of the code where there is no .git folder; MLflow's own variables
(MLFLOW_TRACKING_USERNAME, ...) hold.
"""


def build_parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    """Build the command line, with defaults from the environment."""
    parser = argparse.ArgumentParser(
        prog="training_standalone",
        description="Train a model and register it in MLflow.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    data = parser.add_argument_group("data")
    data.add_argument(
        "--dataset",
        choices=("reference", "diabetes"),
        default=TrainingOptions.dataset,
        help="reference: synthetic, with a known true function (default); diabetes: 442 patients, from scikit-learn",
    )
    data.add_argument("--data", type=Path, metavar="FILE.csv", help="a CSV file with a header, in place of --dataset")
    data.add_argument("--target", metavar="COLUMN", help="the column of --data to predict")
    data.add_argument(
        "--task",
        choices=("regression", "classification"),
        help="default: found from the target; text, booleans and up to 10 different integers are classes",
    )
    data.add_argument(
        "--seed",
        type=_seed,
        default=TrainingOptions.seed,
        help="moves the held-out rows and the folds (default: %(default)s)",
    )
    _add_csv_options(parser.add_argument_group("how --data is written (found from the file, and told, unless given)"))
    registry = parser.add_argument_group("registry")
    registry.add_argument(
        "--tracking-uri",
        default=environment.get("MLFLOW_TRACKING_URI") or "http://localhost:8005",
        metavar="URL",
        help="MLflow's address (default: MLFLOW_TRACKING_URI, now %(default)s)",
    )
    registry.add_argument(
        "--model-name",
        type=model_name,
        default=environment.get("REGISTERED_MODEL_NAME") or "linear_regression_model",
        metavar="NAME",
        help="registered model (default: REGISTERED_MODEL_NAME, now %(default)s)",
    )
    registry.add_argument(
        "--alias",
        type=alias,
        default=environment.get("MODEL_ALIAS") or "champion",
        metavar="NAME",
        help="the alias that is served (default: MODEL_ALIAS, now %(default)s)",
    )
    registry.add_argument(
        "--experiment", default="training", metavar="NAME", help="MLflow experiment (default: training)"
    )
    _add_challenger_options(parser.add_argument_group("a challenger beside the champion"), environment)
    registry.add_argument("--force", action="store_true", help="promote the new version whatever the comparison says")
    registry.add_argument("--skip-if-registered", action="store_true", help="do nothing if the alias exists already")
    registry.add_argument(
        "--wait",
        type=_seconds,
        default=TrainingOptions.wait_seconds,
        metavar="SECONDS",
        help="how long to wait for MLflow to answer (default: %(default)g)",
    )
    return parser


def _add_challenger_options(group: argparse._ArgumentGroup, environment: Mapping[str, str]) -> None:
    group.add_argument(
        "--challenger", action="store_true", help="train, and let the new version stand beside the champion"
    )
    group.add_argument(
        "--shadow-percent",
        type=_percent,
        metavar="PERCENT",
        help="share of the champion's rows that the challenger predicts too, after the clients have their answers",
    )
    group.add_argument(
        "--canary-percent", type=_percent, metavar="PERCENT", help="share of the requests that the challenger answers"
    )
    group.add_argument(
        "--promote", action="store_true", help="the challenger becomes the champion (nothing is trained)"
    )
    group.add_argument("--withdraw", action="store_true", help="the challenger's alias is removed (nothing is trained)")
    group.add_argument(
        "--challenger-alias",
        type=alias,
        default=environment.get("CHALLENGER_ALIAS") or TrainingOptions.challenger_alias,
        metavar="NAME",
        help="the alias of the challenger (default: CHALLENGER_ALIAS, now %(default)s)",
    )


def _action(parser: argparse.ArgumentParser, given: argparse.Namespace) -> ChallengerAction:
    """What is done with the challenger; exits when the options exclude each other."""
    actions = {
        "--challenger": given.challenger,
        "--promote": given.promote,
        "--withdraw": given.withdraw,
    }
    chosen = [option for option, wanted in actions.items() if wanted]
    percentages = given.shadow_percent is not None or given.canary_percent is not None
    if len(chosen) > 1:
        parser.error(f"{chosen[0]} and {chosen[1]} exclude each other")
    if chosen and chosen[0] != "--challenger" and percentages:
        parser.error(f"{chosen[0]} and the percentages exclude each other")
    if given.challenger_alias == given.alias:
        if chosen or percentages:
            parser.error(f"champion and challenger cannot both have the alias {given.alias!r}")
        return ChallengerAction.NONE
    if given.challenger:
        return ChallengerAction.TRAIN
    found = {"--promote": ChallengerAction.PROMOTE, "--withdraw": ChallengerAction.WITHDRAW}
    action = found[chosen[0]] if chosen else ChallengerAction.SET if percentages else ChallengerAction.NONE
    if action is not ChallengerAction.NONE and (given.data is not None or given.force):
        parser.error("nothing is trained with these options: --challenger trains one")
    return action


def _percent(text: str) -> float:
    try:
        value = float(text.removesuffix("%").strip().replace(",", "."))
    except ValueError:
        value = math.nan
    if not 0 <= value <= _MOST_PERCENT:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 100")
    return value


def _add_csv_options(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--separator", metavar="CHARACTER", help="what separates values; tab for a tabulator")
    group.add_argument("--decimal", choices=(".", ","), help="the decimal mark")
    group.add_argument(
        "--thousands", metavar="MARK", help="what groups thousands: . , ' or blank; none when nothing does"
    )
    group.add_argument("--encoding", type=_encoding, metavar="NAME", help="utf-8, cp1252, utf-16, ...")
    group.add_argument(
        "--missing",
        action="append",
        metavar="TEXT",
        help="a text that is a gap; in text columns in place of NA, None, ... (empty: only empty values are gaps)",
    )
    for option, meaning in _COLUMN_OPTIONS.items():
        group.add_argument(
            f"--{option}", action="append", default=[], metavar="COLUMN", help=f"{meaning} (may be repeated)"
        )


def _encoding(text: str) -> str:
    try:
        # Python also lists codecs that are no text encodings.
        "a".encode(text)
        return codecs.lookup(text).name
    except (LookupError, ValueError):
        raise argparse.ArgumentTypeError(f"{text!r} is no encoding that Python knows, such as cp1252") from None


def _separator(text: str | None) -> str | None:
    return {"tab": "\t", "\\t": "\t"}.get(text or "", text)


def _thousands_mark(text: str | None) -> str | None:
    names = {"none": "", "blank": " ", "space": " ", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'"}
    return names.get(text, text) if text is not None else None


def _missing_text(text: str | list[str]) -> str:
    # argparse parses the -- of --missing=-- as the end of the options and gives an empty list.
    return text.strip() if isinstance(text, str) else "--"


def _csv_options(parser: argparse.ArgumentParser, given: argparse.Namespace) -> CsvOptions:
    """Check the options about the file that can be checked without it."""
    separator, thousands = _separator(given.separator), _thousands_mark(given.thousands)
    if separator is not None and (len(separator) != 1 or separator in '"\r\n'):
        parser.error("--separator must be one character (tab for a tabulator)")
    if thousands is not None and thousands not in {"", ".", ",", "'", " "}:
        parser.error(f"--thousands must be one of . , ' blank none, not {given.thousands!r}")
    if given.decimal is not None and given.decimal == thousands:
        parser.error(f"--decimal and --thousands cannot both be {given.decimal!r}")
    for option, mark in (("--decimal", given.decimal), ("--thousands", thousands)):
        if mark and mark == separator:
            parser.error(f"--separator and {option} cannot both be {mark!r}")
    columns: dict[str, str] = {}
    for option in _COLUMN_OPTIONS:
        for name in getattr(given, option):
            if columns.setdefault(name, option) != option:
                parser.error(f"column {name!r} cannot be both --{columns[name]} and --{option}")
    options = CsvOptions(
        separator=separator,
        decimal=given.decimal,
        thousands=thousands,
        encoding=given.encoding,
        missing=None if given.missing is None else tuple(map(_missing_text, given.missing)),
        columns=columns,
    )
    if given.data is None and options != CsvOptions():
        parser.error("the options for a CSV file need --data FILE.csv")
    return options


def _seed(text: str) -> int:
    if not text.isdecimal() or int(text) >= _SEEDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to {_SEEDS - 1}")
    return int(text)


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return value


def parse(arguments: Sequence[str] | None, environment: Mapping[str, str]) -> TrainingOptions:
    """Parse the command line; exits with code 2 and a message when the options are invalid."""
    parser = build_parser(environment)
    given = parser.parse_args(arguments)
    if (given.data is None) != (given.target is None):
        parser.error("--data FILE.csv and --target COLUMN go together")
    if given.data is not None and given.dataset != TrainingOptions.dataset:
        parser.error("--data and --dataset exclude each other")
    return TrainingOptions(
        tracking_uri=given.tracking_uri,
        model_name=given.model_name,
        alias=given.alias,
        experiment=given.experiment,
        dataset=given.dataset,
        data=given.data,
        target=given.target,
        csv=_csv_options(parser, given),
        task=given.task,
        seed=given.seed,
        force=given.force,
        skip_if_registered=given.skip_if_registered,
        wait_seconds=given.wait,
        git_commit=environment.get("GIT_COMMIT") or None,
        challenger_alias=given.challenger_alias,
        action=_action(parser, given),
        shadow_percent=given.shadow_percent,
        canary_percent=given.canary_percent,
    )
