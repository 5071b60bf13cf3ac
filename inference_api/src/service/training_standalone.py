"""Train a model and register it: data -> pipeline -> evaluation -> registered version -> alias.

Without options it learns the reference regression of `src.service.training.reference_data`.
"""

import json
import logging
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Final, NoReturn

from src.service.training.command_line import parse
from src.service.training.errors import TrainingError

_LOG = logging.getLogger("training")

# With its own defaults MLflow retries for four minutes without a message, and writes to stdout.
_MLFLOW_SETTINGS: Final = {
    # Multipart transfers use presigned URLs, in which the object store has the host name that the MLflow server uses.
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false",
    "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # The image has no git program: no warning about it.
    "GIT_PYTHON_REFRESH": "quiet",
}


def _exit_on_sigterm(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one training; returns the exit code."""
    options = parse(arguments, os.environ)
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.WARNING)
    _LOG.setLevel(logging.INFO)
    # Without a handler, process 1 of a container ignores the SIGTERM of `docker stop`.
    signal.signal(signal.SIGTERM, _exit_on_sigterm)
    for name, value in _MLFLOW_SETTINGS.items():
        os.environ.setdefault(name, value)
    if options.trains:
        _LOG.info("training %s, to be registered as %s", options.data or options.dataset, options.model_name)
    # MLflow and scikit-learn take seconds to import: --help and invalid options do not wait for them.
    from src.service.training.challenger import change_challenger  # noqa: PLC0415
    from src.service.training.trainer import train  # noqa: PLC0415

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    # MLflow warns that it cannot find the version of pip, which the image does not have.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    # It logs each retry; the final error says the same.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        result = train(options) if options.trains else change_challenger(options)
    except TrainingError as error:
        _LOG.error("%s", error)
        return error.exit_code
    except KeyboardInterrupt:
        _LOG.error("interrupted")
        return 128 + signal.SIGINT
    print(json.dumps(asdict(result)))  # noqa: T201 - the result on stdout is the interface
    return 0


if __name__ == "__main__":
    sys.exit(main())
