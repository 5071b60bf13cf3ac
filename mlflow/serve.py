"""Start the MLflow server on the database that the MYSQL_* variables name.

Only the URL of the database is built here, because its parts must be quoted; every other setting is a variable of
MLflow. The URL is passed by the environment too: other users of the machine can see arguments.
"""

from __future__ import annotations

import argparse
import os
import sys

from configuration import ConfigurationError
from database import Database
from public_passwords import public_password_warning


def main() -> None:
    """Replace this process by the server."""
    parser = argparse.ArgumentParser(prog="serve", description=__doc__, epilog="Other options go to `mlflow server`.")
    _, options = parser.parse_known_args()
    try:
        url = Database.from_environment().url
    except ConfigurationError as error:
        sys.exit(f"serve: {error}")
    if warning := public_password_warning(os.environ):
        print(f"serve: WARNING: {warning}", file=sys.stderr, flush=True)  # noqa: T201 - the log of the container
    os.execvpe("mlflow", ["mlflow", "server", *options], {**os.environ, "MLFLOW_BACKEND_STORE_URI": url})  # noqa: S606, S607 - the one on PATH, without a shell


if __name__ == "__main__":
    main()
