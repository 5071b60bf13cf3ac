"""The start script of the MLflow server."""

import os
import subprocess
import sys
from pathlib import Path

SERVE = Path(__file__).parents[3] / "mlflow" / "serve.py"
ENVIRONMENT = {"MYSQL_DATABASE": "mlflow_metadata", "MYSQL_USER": "mlflow_meta", "MYSQL_PASSWORD": "a b/c"}


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a fake `mlflow` that prints the URL and its arguments."""
    program = folder / "mlflow"
    program.write_text('#!/bin/sh\necho "$MLFLOW_BACKEND_STORE_URI"\necho "$@"\n')
    program.chmod(0o755)
    return subprocess.run(
        [sys.executable, SERVE, *arguments],
        env={"PATH": f"{folder}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_url_is_passed_by_the_environment(tmp_path: Path) -> None:
    """The password is not among the arguments, which other users of the machine can see."""
    url, arguments = run(tmp_path, "--port", "5000", **ENVIRONMENT).stdout.splitlines()

    assert url == "mysql+pymysql://mlflow_meta:a%20b%2Fc@mysql:3306/mlflow_metadata?charset=utf8mb4"
    assert arguments == "server --port 5000"


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    """Without MYSQL_USER the program names it and exits with 1, without a traceback."""
    done = run(tmp_path, **{name: value for name, value in ENVIRONMENT.items() if name != "MYSQL_USER"})

    assert done.returncode == 1
    assert done.stderr == "serve: these environment variables must be set: MYSQL_USER\n"
