"""A BentoML service with adaptive batching and one worker, without access log and metrics."""

import os
from typing import Any

import bentoml
import joblib
from rows import table


@bentoml.service(
    workers=1,
    threads=1,
    traffic={"timeout": 60, "max_concurrency": 4096},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
)
class Model:
    """A service of one estimator."""

    def __init__(self) -> None:
        """Load the estimator in the worker."""
        self._model = joblib.load(os.environ["MODEL_JOBLIB"])

    @bentoml.api(batchable=True, max_batch_size=512, max_latency_ms=10_000)  # type: ignore[untyped-decorator]  # BentoML is installed in its own environment only
    def predict(self, rows: list[list[Any]]) -> list[float]:
        """Predict a batch of rows."""
        predictions: list[float] = self._model.predict(table(rows)).tolist()
        return predictions
