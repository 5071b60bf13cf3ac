"""Train a model and register it: data -> pipeline -> evaluation -> registered version -> alias.

Without options it learns the reference regression, whose true function is known:
``50 + 12 feature1 - 4 feature2 + 22.82 feature3``, noise of standard deviation 1 (`src.service.training.reference_data`
has it as constants). The request ``{"feature1": 5.3, "feature2": 2.1, "feature3": 0.8}`` has the true value 123.456.
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

# MLflow's own defaults would keep silent for four minutes when the server goes away, and write to stdout.
_MLFLOW_DEFAULTS: Final = {
    # Else the client asks for presigned URLs and must reach the object store by the name that MLflow has for it.
    "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false",
    "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "60",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # The image has no git program, and MLflow warns about that.
    "GIT_PYTHON_REFRESH": "quiet",
}


def _terminated(_signal: int, _frame: object) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one training; returns the exit code."""
    options = parse(arguments, os.environ)
    logging.basicConfig(stream=sys.stderr, format="%(levelname)s %(message)s", level=logging.WARNING)
    _LOG.setLevel(logging.INFO)
    # As process 1 of a container Python would not react to `docker stop`.
    signal.signal(signal.SIGTERM, _terminated)
    for name, value in _MLFLOW_DEFAULTS.items():
        os.environ.setdefault(name, value)
    _LOG.info("training %s, to be registered as %s", options.data or options.dataset, options.model_name)
    # MLflow and scikit-learn take seconds to import: --help and wrong options are answered without them.
    from src.service.training.trainer import train  # noqa: PLC0415

    logging.getLogger("mlflow").setLevel(logging.WARNING)
    # The image has no pip any more, which MLflow would have written down.
    logging.getLogger("mlflow.utils.environment").setLevel(logging.ERROR)
    # Its retries are told by the error in the end, with all that each of these lines says.
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    try:
        outcome = train(options)
    except TrainingError as error:
        _LOG.error("%s", error)
        return error.exit_code
    except KeyboardInterrupt:
        _LOG.error("interrupted")
        return 128 + signal.SIGINT
    print(json.dumps(asdict(outcome)))  # noqa: T201 - the answer on stdout is the interface
    return 0


if __name__ == "__main__":
    sys.exit(main())
