"""Start the MLflow server on the database that the MYSQL_* variables name.

The URL of the database is built here, because its parts must be quoted, and so is the configuration of the basic
authentication; every other setting is a variable of MLflow. The URL is passed by the environment too: other users of
the machine can see arguments.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path
from typing import Final

from account_database import create_account_database
from accounts import Accounts
from configuration import ConfigurationError
from database import Database
from public_passwords import public_password_warning

# Every user may read what others made. To check a password costs a tenth of a second of CPU, and the API sends one with
# every request: a right one is kept for a minute, which ends with the server when .env has another.
_AUTH_CONFIGURATION: Final = """\
[mlflow]
default_permission = READ
database_uri = {database_uri}
authorization_function = request_authorization:authorize_request
auth_cache_ttl_seconds = 60
"""


def auth_environment(accounts: Accounts) -> dict[str, str]:
    """Write users and configuration of MLflow's basic authentication for this user only; returns the variables."""
    folder = Path(tempfile.mkdtemp(prefix="mlflow-auth-"))
    database_uri = create_account_database(folder, accounts).replace("%", "%%")
    configuration = folder / "basic_auth.ini"
    configuration.write_text(_AUTH_CONFIGURATION.format(database_uri=database_uri), encoding="utf-8")
    python_path = [str(Path(__file__).resolve().parent), os.environ.get("PYTHONPATH", "")]
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(configuration),
        "MLFLOW_AUTH_ADMIN_USERNAME": accounts.administrator.name,
        # It signs the form of /signup, which nobody needs to have open across a restart.
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_hex(32),
        # Where `request_authorization` is found.
        "PYTHONPATH": os.pathsep.join(filter(None, python_path)),
    }


def main() -> None:
    """Replace this process by the server."""
    parser = argparse.ArgumentParser(prog="serve", description=__doc__, epilog="Other options go to `mlflow server`.")
    _, options = parser.parse_known_args()
    try:
        url = Database.from_environment().url
        accounts = Accounts.from_environment()
    except ConfigurationError as error:
        sys.exit(f"serve: {error}")
    if warning := public_password_warning(os.environ):
        print(f"serve: WARNING: {warning}", file=sys.stderr, flush=True)  # noqa: T201 - the log of the container
    environment = {**os.environ, "MLFLOW_BACKEND_STORE_URI": url}
    if accounts is not None:
        options = ["--app-name", "basic-auth", *options]
        environment.update(auth_environment(accounts))
    os.execvpe("mlflow", ["mlflow", "server", *options], environment)  # noqa: S606, S607 - the one on PATH, without a shell


if __name__ == "__main__":
    main()
