"""The trainer as a program: streams, exit codes, and the state after a kill."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from src.service.training.trainer import train
from src.service.training.training_options import TrainingOptions

pytestmark = [
    pytest.mark.integration,
    # MLflow compares a pandas index with a range while it reads and writes tables.
    pytest.mark.filterwarnings("ignore:Operation with .* is deprecated:pandas.errors.Pandas4Warning"),
]

_PACKAGE = Path(__file__).parents[4] / "inference_api"
_NOBODY = "http://127.0.0.1:9"


def _command(arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "src.service.training_standalone", *arguments]


def _environment(server: str, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    # A proxy without NO_PROXY, as in many companies; requests to loopback must not use it: nothing listens there.
    proxy = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), _NOBODY)
    return kept | proxy | {"MLFLOW_TRACKING_URI": server} | more


def _run(server: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        _command(arguments),
        cwd=_PACKAGE,
        env=_environment(server, **environment),
        capture_output=True,
        text=True,
        check=False,
    )


def _options(server: str, name: str) -> TrainingOptions:
    return TrainingOptions(tracking_uri=server, model_name=name, alias="champion", experiment="tests")


def test_streams_and_environment(mlflow_server: str) -> None:
    """One line of JSON on stdout, log lines on stderr; names come from the environment."""
    done = _run(mlflow_server, REGISTERED_MODEL_NAME="from_environment", MODEL_ALIAS="best", GIT_COMMIT="c0ffee")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    answer = json.loads(done.stdout)
    assert set(answer) == {"name", "version", "alias", "promoted", "metrics", "run_id"}
    assert (answer["name"], answer["alias"], answer["promoted"]) == ("from_environment", "best", True)
    client = MlflowClient(mlflow_server)
    assert client.get_model_version_by_alias("from_environment", "best").run_id == answer["run_id"]
    assert client.get_run(answer["run_id"]).data.tags["mlflow.source.git.commit"] == "c0ffee"
    assert "INFO version 1 is now best: there was no champion" in done.stderr.splitlines()
    assert "Warning" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_version_that_is_not_promoted_is_no_error(mlflow_server: str) -> None:
    """The exit code is 0, and "promoted" is false."""
    train(_options(mlflow_server, "not_promoted"))
    done = _run(mlflow_server, "--model-name", "not_promoted", "--dataset", "diabetes")
    assert done.returncode == 0
    assert json.loads(done.stdout)["promoted"] is False
    assert "NOT promoted" in done.stderr
    assert "--force promotes it all the same" in done.stderr


def test_an_error_in_the_data() -> None:
    """Exit code 2 and one message, without a request to MLflow, whose address here has no server."""
    done = _run(_NOBODY, "--data", "bad.csv", "--target", "y")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == "ERROR bad.csv does not exist"
    assert "Traceback" not in done.stderr


def test_mlflow_is_not_reachable() -> None:
    """The wait is limited and logged; the exit code is 2."""
    done = _run(_NOBODY, "--wait", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"INFO waiting for MLflow at {_NOBODY} (0 of 1 s): no connection" in done.stderr.splitlines()
    assert done.stderr.splitlines()[-1] == f"ERROR MLflow at {_NOBODY} was not ready within 1 s: no connection"


@pytest.mark.parametrize(
    ("moment", "number", "code"),
    [
        ("INFO fitting", signal.SIGTERM, 128 + signal.SIGTERM),
        ("INFO registered", signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_a_kill_at_any_moment(mlflow_server: str, moment: str, number: int, code: int) -> None:
    """The alias is absent or points to a complete version, and the next training succeeds."""
    name = re.sub(r"\W", "_", f"stopped {moment}")
    with subprocess.Popen(
        _command(["--model-name", name]),
        cwd=_PACKAGE,
        env=_environment(mlflow_server),
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stderr is not None
        for line in program.stderr:
            if line.startswith(moment):
                program.send_signal(number)
                break
        program.stderr.read()
    # The training may end before the signal.
    assert program.returncode in {code, 0}
    client = MlflowClient(mlflow_server)
    try:
        champion = client.get_model_version_by_alias(name, "champion")
    except MlflowException:
        pass
    else:
        assert "content_sha256" in champion.tags
    assert train(_options(mlflow_server, name)).promoted
