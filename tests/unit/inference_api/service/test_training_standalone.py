"""The exit codes of the program for errors in the data, and its environment."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from src.service import training_standalone

# MLflow warns about its own type hints while it is imported, which the program does late.
pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")

_NOBODY = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def _restored_process() -> Iterator[None]:
    """The program sets variables and a signal handler of the process, here that of the tests."""
    handler = signal.getsignal(signal.SIGTERM)
    with mock.patch.dict(os.environ, {"MLFLOW_TRACKING_URI": _NOBODY}):
        yield
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "bad.csv does not exist"),
        ("", "bad.csv is empty"),
        ("x,y\n", "bad.csv has a header but no rows"),
        ("x,z\n1,2\n", "bad.csv has no column 'y' to predict; it has 'x', 'z'"),
        ("x,y\n" + "1,a\n" * 30, "target 'y' has only one class ('a'): there is nothing to learn"),
        ("x,y\n" + "1,\n" * 30, "0 usable rows are too few: at least 20 are needed"),
        ("x,y\n1,2.5\n", "1 usable rows are too few: at least 20 are needed"),
        ("x,y\n" + "inf,0.5\n1,2\n" * 20, "column 'x' has 20 value(s) that are infinite or beyond 1e+100"),
        ("x,y\n" + "1,inf\n1,2\n" * 20, "target 'y' has 20 value(s) that are infinite or beyond 1e+100"),
        ("x,x,y\n1,2,3\n", "bad.csv has more than one column named 'x'"),
        ("y\n" + "1\n2\n" * 20, "no feature column is left to learn from"),
    ],
)
def test_errors_in_the_data(
    tmp_path: Path,
    content: str | None,
    message: str,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Exit code 2, a message at the end of the log, nothing on stdout, and no request to MLflow."""
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_text(content)
    assert training_standalone.main(["--data", str(path), "--target", "y"]) == 2
    assert caplog.messages[-1].endswith(message)
    assert capsys.readouterr().out == ""


def test_mlflow_is_not_reachable(caplog: pytest.LogCaptureFixture) -> None:
    """With valid data and no server at MLflow's address the exit code is 2."""
    assert training_standalone.main(["--wait", "0"]) == 2
    assert caplog.messages[-1] == f"MLflow at {_NOBODY} was not ready within 0 s: no connection"


def test_artifacts_go_through_mlflow_only() -> None:
    """With presigned URLs the client would need the object store under the host name that MLflow uses."""
    training_standalone.main(["--wait", "0"])
    assert os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD"] == "false"
    assert os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] == "false"
