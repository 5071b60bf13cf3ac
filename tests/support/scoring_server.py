"""MLflow's own scoring server on a model, as `mlflow models serve` runs it: the same application in uvicorn."""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import uvicorn
from mlflow.environment_variables import _MLFLOW_IS_IN_SERVING_ENVIRONMENT
from mlflow.pyfunc import PyFuncModel
from mlflow.pyfunc.scoring_server import init
from service_process import free_port

_STARTED_WITHIN_SECONDS = 30


@contextmanager
def scoring_server(model: PyFuncModel) -> Iterator[int]:
    """Serve the model on 127.0.0.1; yields the port."""
    port = free_port()
    app = init(model)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        deadline = time.monotonic() + _STARTED_WITHIN_SECONDS
        while not server.started:
            if time.monotonic() > deadline or not thread.is_alive():
                pytest.fail("MLflow's scoring server did not start")
            time.sleep(0.01)
        yield port
    finally:
        server.should_exit = True
        thread.join()
        os.environ.pop(_MLFLOW_IS_IN_SERVING_ENVIRONMENT.name, None)
