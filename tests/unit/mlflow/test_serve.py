"""The start script of the MLflow server."""

import configparser
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from public_passwords import PUBLIC_PASSWORDS

SERVE = Path(__file__).parents[3] / "mlflow" / "serve.py"
EXAMPLE = Path(__file__).parents[3] / ".env.example"
ENVIRONMENT = {"MYSQL_DATABASE": "mlflow_metadata", "MYSQL_USER": "mlflow_meta", "MYSQL_PASSWORD": "a b/c"}


ACCOUNTS = {
    "MLFLOW_AUTH": "true",
    "MLFLOW_TRACKING_USERNAME": "admin",
    "MLFLOW_TRACKING_PASSWORD": "password of people",
    "MLFLOW_API_USERNAME": "api",
    "MLFLOW_API_PASSWORD": "password of the API",
}


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the script with a fake `mlflow` that prints the URL and its arguments."""
    program = folder / "mlflow"
    program.write_text(
        '#!/bin/sh\necho "$MLFLOW_BACKEND_STORE_URI"\necho "$@"\necho "$MLFLOW_AUTH_CONFIG_PATH"\n'
        'test -z "$MLFLOW_AUTH_CONFIG_PATH" || stat -c %a "${MLFLOW_AUTH_CONFIG_PATH%/*}"\n'
    )
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
    url, arguments, auth = run(tmp_path, "--port", "5000", **ENVIRONMENT).stdout.splitlines()

    assert url == "mysql+pymysql://mlflow_meta:a%20b%2Fc@mysql:3306/mlflow_metadata?charset=utf8mb4"
    assert arguments == "server --port 5000"
    assert not auth


def test_authentication_is_an_application_of_mlflow(tmp_path: Path) -> None:
    """Users and configuration lie in a folder that only this user reads, and hold no password as it is."""
    given = {**ENVIRONMENT, **ACCOUNTS, "TMPDIR": str(tmp_path)}
    _, arguments, path, mode = run(tmp_path, "--port", "5000", **given).stdout.splitlines()
    configuration = configparser.ConfigParser()
    configuration.read(path)

    assert arguments == "server --app-name basic-auth --port 5000"
    assert mode == "700"
    assert configuration["mlflow"]["database_uri"] == f"sqlite:///{Path(path).parent / 'accounts.db'}"
    assert not any(b"password of" in file.read_bytes() for file in Path(path).parent.iterdir())


@pytest.mark.parametrize("name", ["MLFLOW_TRACKING_PASSWORD", "MLFLOW_API_PASSWORD"])
def test_authentication_without_a_password_does_not_start(tmp_path: Path, name: str) -> None:
    """The server ends with the name of the variable: it starts neither open nor with a default password."""
    done = run(tmp_path, **ENVIRONMENT, **{**ACCOUNTS, name: ""})

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(f"serve: MLFLOW_AUTH=true needs {name} in .env")


def test_a_missing_variable_is_named(tmp_path: Path) -> None:
    """Without MYSQL_USER the program names it and exits with 1, without a traceback."""
    done = run(tmp_path, **{name: value for name, value in ENVIRONMENT.items() if name != "MYSQL_USER"})

    assert done.returncode == 1
    assert done.stderr == "serve: these environment variables must be set: MYSQL_USER\n"


def test_public_passwords_on_open_pages_are_a_warning(tmp_path: Path) -> None:
    """The log of the server begins with the names of the variables and what to do, without a password."""
    done = run(tmp_path, **ENVIRONMENT | PUBLIC_PASSWORDS, PAGES_BIND="0.0.0.0")

    assert done.returncode == 0
    assert done.stderr.startswith("serve: WARNING: the network reaches MLflow")
    assert "AWS_SECRET_ACCESS_KEY, MYSQL_PASSWORD" in done.stderr
    assert "make secrets" in done.stderr
    assert "supersecret" not in done.stderr


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_pages_on_loopback_need_no_warning(tmp_path: Path, address: str) -> None:
    """By default only this machine reaches them."""
    assert run(tmp_path, **ENVIRONMENT | PUBLIC_PASSWORDS, PAGES_BIND=address).stderr == ""


def test_other_passwords_need_no_warning(tmp_path: Path) -> None:
    """Open pages are what the user wants then."""
    assert run(tmp_path, **ENVIRONMENT, AWS_SECRET_ACCESS_KEY="other", PAGES_BIND="0.0.0.0").stderr == ""


def test_the_public_passwords_are_those_of_the_example() -> None:
    """`.env.example` has the same values; MinIO's is that of MLflow's key."""
    example = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))

    assert {name: example[name] for name in PUBLIC_PASSWORDS} == PUBLIC_PASSWORDS
    assert example["MINIO_ROOT_PASSWORD"] == example["AWS_SECRET_ACCESS_KEY"]
